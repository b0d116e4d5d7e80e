#include "eval/records/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/io/read_json.h"
#include "eval/metrics/kl_tail.h"
#include "eval/metrics/summed_figures.h"
#include "eval/metrics/text_sums.h"
#include "eval/records/object_reader.h"
#include "eval/records/record_detail.h"
#include "eval/records/stats_fields.h"

namespace nf {
namespace {

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// A sum that was gathered: JSON has no way to write it when it is not finite, and no sum of a
/// record is.
Json finite(double value, const std::string& what, const Record& record) {
  NF_CHECK(std::isfinite(value), "{} of '{}' ({}) is {}", what, record.name, record.id, value);
  return value;
}

Json metrics_json(const Record& record, const MetricRegistry& metrics) {
  const TextSums text = add_up(record.windows);
  Json json = Json::object();
  for (const Metric& metric : metrics.metrics())
    json[metric.name] = finite_or_null(metric.value(text));
  json["tokens"] = text.sums.tokens;
  return json;
}

/// sign: -1 where the record has the sum with its sign turned.
Json sum_json(const SummedFigure& figure, double sign, const PartSums& sums, const Record& record) {
  if (figure.is_count()) return sums.*figure.count;
  return finite(sign * sums.*figure.sum, figure.name, record);
}

Json windows_json(const Record& record) {
  Json array = Json::array();
  for (const WindowSums& window : record.windows) {
    Json json = {{"window", window.window}, {"tokens", window.sums.tokens}};
    for (const SummedFigure& figure : window_figures())
      if (figure.is_known(window.sums))
        json[figure.name] = sum_json(figure, 1.0, window.sums, record);
    if (window.sums.tail != nullptr) {
      json["kl_bins"] = window.sums.tail->bins;
      json["kl_max"] = finite(window.sums.tail->max, "kl_max", record);
    }
    if (window.bytes >= 0) json["bytes"] = window.bytes;
    if (window.document >= 0) json["document"] = window.document;
    if (window.sums.detail != nullptr) add_detail(*window.sums.detail, json);
    array.push_back(std::move(json));
  }
  return array;
}

Json choice_json(const PartSums& part, const Record& record) {
  // The order of these keys is older than the order of the figures.
  Json json = {{"loglikelihood", nullptr}, {"tokens", part.tokens}, {"greedy", nullptr}};
  for (const SummedFigure& figure : choice_figures())
    json[figure.key_in_choices()] = sum_json(figure, figure.sign_in_choices(), part, record);
  return json;
}

Json questions_json(const Record& record) {
  Json array = Json::array();
  for (const QuestionSums& sums : record.questions) {
    Json question = {{"task", sums.task}, {"question", sums.question}, {"correct", sums.correct}};
    if (sums.correct_norm) question["correct_norm"] = *sums.correct_norm;
    question["choices"] = Json::array();
    for (const PartSums& part : sums.parts)
      question["choices"].push_back(choice_json(part, record));
    array.push_back(std::move(question));
  }
  return array;
}

void add_stats(const DistortionStats& stats, bool complete, const std::string& site,
               const Record& record, Json& json) {
  for (const auto& field : kStatsCounts)
    if (complete || field.always) json[field.key] = stats.*field.member;
  for (const auto& field : kStatsSums)
    if (complete || field.always)
      json[field.key] = finite(stats.*field.member, site + ' ' + field.key, record);
}

Json predictor_json(const SiteStats& site, const Record& record) {
  const auto sum = [&](double value, const char* key) {
    return finite(value, site.site + ' ' + key, record);
  };
  const PredictorSums& sums = *site.predictor;
  Json json = Json::object();
  if (sums.row_mean_energy) json["row_mean_energy"] = sum(*sums.row_mean_energy, "row_mean_energy");
  if (sums.outputs) {
    json["tokens"] = sums.outputs->tokens;
    json["windows"] = sums.outputs->windows;
    for (const auto& [key, member] : kOutputSums) json[key] = sum((*sums.outputs).*member, key);
    if (sums.outputs->expected_snr)
      json["expected_snr"] = sum(*sums.outputs->expected_snr, "expected_snr");
  }
  if (sums.on_calibration) {
    json["stats"] = Json::object();
    add_stats(*sums.on_calibration, true, site.site, record, json["stats"]);
  }
  return json;
}

Json sites_json(const Record& record) {
  Json array = Json::array();
  for (const SiteStats& site : record.sites) {
    NF_CHECK(site.is_weight() ? site.site.ends_with(".weight")
                              : is_dyadic_block(site.first_window, site.windows),
             "{}: windows {} from {} are no block", site.site, site.windows, site.first_window);
    Json json = {{"site", site.site}};
    if (!site.is_weight()) {
      json["first_window"] = site.first_window;
      json["windows"] = site.windows;
    }
    json["complete"] = site.complete;
    add_stats(site.stats, site.complete, site.site, record, json);
    if (site.predictor) json["predict"] = predictor_json(site, record);
    if (!site.notes.is_null()) json["notes"] = site.notes;
    json["relative_l2"] = finite_or_null(site.stats.relative_l2());
    array.push_back(std::move(json));
  }
  return array;
}

void read_sum(const SummedFigure& figure, const char* key, double sign, const ObjectReader& reader,
              PartSums& sums) {
  if (figure.lacking != nullptr && reader.find(key) == nullptr)
    sums.*figure.lacking = true;
  else if (figure.is_count())
    sums.*figure.count = reader.count(key);
  else
    sums.*figure.sum = sign * reader.number(key);
}

/// Null where an earlier version has not kept it.
std::shared_ptr<const PackedKlTail> read_tail(const ObjectReader& reader, Index tokens) {
  if (reader.find("kl_bins") == nullptr) return nullptr;
  auto tail = std::make_shared<PackedKlTail>(
      PackedKlTail{.bins = reader.text("kl_bins"), .max = reader.number("kl_max")});
  const std::optional<KlTail> unpacked = tail->unpacked();
  if (!unpacked || unpacked->histogram.count() != tokens)
    reader.fail("kl_bins", fmt::format("no histogram of {} tokens", tokens));
  return tail;
}

WindowSums read_window(const ObjectReader& reader) {
  WindowSums window{.window = reader.count("window"), .sums = {.tokens = reader.count("tokens")}};
  for (const SummedFigure& figure : window_figures())
    read_sum(figure, figure.name, 1.0, reader, window.sums);
  if (reader.find("bytes") != nullptr) window.bytes = reader.count("bytes");
  if (reader.find("document") != nullptr) window.document = reader.count("document");
  window.sums.tail = read_tail(reader, window.sums.tokens);
  window.sums.detail = read_detail(reader);
  return window;
}

PartSums read_choice(const ObjectReader& reader) {
  PartSums part{.tokens = reader.count("tokens")};
  for (const SummedFigure& figure : choice_figures())
    read_sum(figure, figure.key_in_choices(), figure.sign_in_choices(), reader, part);
  return part;
}

QuestionSums read_question(const ObjectReader& reader) {
  QuestionSums sums{.task = reader.text("task"),
                    .question = reader.count("question"),
                    .parts = {},
                    .correct = reader.flag("correct")};
  if (reader.find("correct_norm") != nullptr) sums.correct_norm = reader.flag("correct_norm");
  reader.each("choices",
              [&sums](const ObjectReader& choice) { sums.parts.push_back(read_choice(choice)); });
  return sums;
}

/// n times the variance of values of which an earlier record has raw sums; 0 where these leave
/// nothing but rounding.
double centred(double sum, double sum_squares, double n) {
  constexpr double kConstantShare = 1e-13;
  const double result = sum_squares - sum * sum / n;
  return result > kConstantShare * sum_squares ? result : 0.0;
}

/// The moments of a record made before numerics 4, which holds sums of raw powers: they say as much
/// as they did then, and an old folder can still be looked at.
void read_raw_moments(const ObjectReader& reader, DistortionStats& stats) {
  if (stats.count == 0) return;
  const double n = static_cast<double>(stats.count);
  const double d = reader.number("sum_d"), d2 = stats.sum_d2, d3 = reader.number("sum_d3");
  const double d4 = reader.number("sum_d4"), mean = d / n;
  const double abs_x = reader.number("sum_abs_x"), abs_d = reader.number("sum_abs_d");
  stats.mean_d = mean;
  stats.central_d2 = centred(d, d2, n);
  stats.central_d3 = d3 - mean * (3.0 * d2 - 2.0 * d * mean);
  stats.central_d4 = d4 - mean * (4.0 * d3 - mean * (6.0 * d2 - 3.0 * d * mean));
  stats.mean_abs_x = abs_x / n;
  stats.mean_abs_d = abs_d / n;
  stats.central_abs_x2 = centred(abs_x, stats.sum_x2, n);
  stats.central_abs_d2 = centred(abs_d, d2, n);
  stats.central_abs_xd = reader.number("sum_abs_xd") - abs_x * abs_d / n;
}

void read_stats(const ObjectReader& reader, bool complete, DistortionStats& stats) {
  for (const auto& field : kStatsCounts)
    if (complete || field.always) stats.*field.member = reader.count(field.key);
  const bool raw = complete && reader.find("sum_d4") != nullptr;
  for (const auto& field : kStatsSums)
    if ((complete && !(raw && field.moment)) || field.always)
      stats.*field.member = reader.number(field.key);
  if (raw) read_raw_moments(reader, stats);
}

PredictorSums read_predictor(const ObjectReader& reader) {
  PredictorSums sums;
  if (reader.find("row_mean_energy") != nullptr)
    sums.row_mean_energy = reader.number("row_mean_energy");
  if (reader.find("tokens") != nullptr) {
    sums.outputs = {.tokens = reader.count("tokens"), .windows = reader.count("windows")};
    for (const auto& [key, member] : kOutputSums) (*sums.outputs).*member = reader.number(key);
    if (reader.find("expected_snr") != nullptr)
      sums.outputs->expected_snr = reader.number("expected_snr");
  }
  if (reader.find("stats") != nullptr)
    read_stats(reader.inside("stats"), true, sums.on_calibration.emplace());
  return sums;
}

SiteStats read_site(const ObjectReader& reader) {
  SiteStats site{.site = reader.text("site"), .stats = {}, .complete = reader.flag("complete")};
  if (reader.find("windows") != nullptr) {
    site.first_window = reader.count("first_window");
    site.windows = reader.count("windows");
    if (!is_dyadic_block(site.first_window, site.windows))
      reader.fail("windows", fmt::format("{} windows from {} are no block of 2^k windows",
                                         site.windows, site.first_window));
  } else if (!site.site.ends_with(".weight")) {
    reader.fail("windows",
                fmt::format("required key is missing: '{}' is no weight", printable(site.site)));
  }
  read_stats(reader, site.complete, site.stats);
  if (reader.find("predict") != nullptr) site.predictor = read_predictor(reader.inside("predict"));
  if (reader.find("notes") != nullptr) site.notes = reader.object("notes");
  return site;
}

Status read_status(const ObjectReader& reader) {
  const std::string name = reader.text("status");
  const std::optional<Status> status = status_from_name(name);
  if (!status)
    reader.fail("status", fmt::format("unknown status '{}'{}", printable(name),
                                      suggestion(name, {"ok", "failed"})));
  return *status;
}

Json stop_json(const StopState& stop) {
  return {{"reached", stop.reached},
          {"blocks", stop.blocks},
          {"tokens", stop.tokens},
          {"kl", stop.kl},
          {"kl_halfwidth", finite_or_null(stop.kl_halfwidth)}};
}

StopState read_stop(const ObjectReader& reader) {
  StopState stop{.reached = reader.flag("reached"),
                 .blocks = reader.count("blocks"),
                 .tokens = reader.count("tokens"),
                 .kl = reader.number("kl"),
                 .kl_halfwidth = std::numeric_limits<double>::infinity()};
  if (!reader.at("kl_halfwidth").is_null()) stop.kl_halfwidth = reader.number("kl_halfwidth");
  return stop;
}

}  // namespace

void pool_tails(Record& record) {
  KlTail tail;
  for (const WindowSums& window : record.windows) {
    if (window.sums.tokens == 0) continue;
    if (window.sums.tail == nullptr || !tail.histogram.add_packed(window.sums.tail->bins)) return;
    tail.max = std::max(tail.max, window.sums.tail->max);
  }
  for (WindowSums& window : record.windows) window.sums.tail.reset();
  record.pooled_tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail));
}

std::string record_to_line(const Record& record, const MetricRegistry& metrics) {
  const bool failed = record.failed();
  Json json;
  json["id"] = record.id;
  json["name"] = record.name;
  json["model"] = record.model;
  json["seed"] = record.seed ? Json(*record.seed) : Json(nullptr);
  json["vars"] = record.vars;
  json["status"] = status_name(record.status);
  if (failed) json["error"] = record.error;
  json["metrics"] = failed ? Json::object() : metrics_json(record, metrics);
  if (!record.convention.empty()) json["convention"] = record.convention;
  json["windows"] = failed ? Json::array() : windows_json(record);
  if (!failed && !record.questions.empty()) json["questions"] = questions_json(record);
  json["sites"] = failed ? Json::array() : sites_json(record);
  if (!failed && record.stop) json["stop"] = stop_json(*record.stop);
  json["env"] = record.env;
  json["run"] = record.run;
  return json.dump();
}

Record record_from_line(const std::string& line, const std::string& place) {
  const Json json = parse_json(line, place);
  const ObjectReader reader(json, place);
  Record record;
  record.id = reader.text("id");
  record.name = reader.text("name");
  record.model = reader.text("model");
  const Json& seed = reader.at("seed");
  if (seed.is_number_unsigned())
    record.seed = seed.get<std::uint64_t>();
  else if (!seed.is_null())
    reader.fail("seed", "expected a whole number from 0 on, or null");
  record.vars = reader.object("vars");
  record.status = read_status(reader);
  if (record.failed()) record.error = reader.text("error");
  reader.each("windows", [&record](const ObjectReader& window) {
    record.windows.push_back(read_window(window));
  });
  if (reader.find("convention") != nullptr) record.convention = reader.text("convention");
  if (reader.find("questions") != nullptr)
    reader.each("questions", [&record](const ObjectReader& question) {
      record.questions.push_back(read_question(question));
    });
  reader.each("sites",
              [&record](const ObjectReader& site) { record.sites.push_back(read_site(site)); });
  if (const Json* stop = reader.find("stop"))
    record.stop = read_stop(ObjectReader(*stop, place + ": stop"));
  record.env = reader.object("env");
  record.run = reader.object("run");
  return record;
}

}  // namespace nf
