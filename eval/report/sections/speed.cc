#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/base/counted.h"
#include "eval/analysis/grid_pairs.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/records/model_bench.h"
#include "eval/records/site_place.h"
#include "eval/report/figure_parts.h"
#include "eval/report/html.h"
#include "eval/report/line_chart.h"
#include "eval/report/report_lines.h"
#include "eval/report/section.h"
#include "eval/results/figures.h"

namespace nf {
namespace {

constexpr std::size_t kMostRows = 40, kMostSentences = 8;
constexpr double kWideBits = 16.0, kHeadBytes = 2.0, kMega = 1e6;
constexpr int kBitsOfNf4 = 4, kIntegerBits = 8;
constexpr const char* kPartKeys[] = {"dose", "keep", "strength", "reshape"};

/// A quantizer of all linears of the blocks, what it costs, and what it does.
struct PricedLine {
  const ResultLine* line = nullptr;
  QuantizerLabel label{};
  double bits = 0.0, bytes = 0.0;  ///< of a stored value; of a token
  const FormRate* rate = nullptr;  ///< how fast, where this program multiplies that scheme as such
  FigureEstimate kl{};
};

/// Bits of a stored weight of that entry; none of those whose scales or levels are counted
/// otherwise.
std::optional<double> bits_of(const Json& entry, const LinearSizes& sizes) {
  const Json grid = entry.value("grid", Json()), unit = entry.value("granularity", Json());
  const bool is_plain = grid == "uniform" || grid == "power";
  if (!is_plain && grid != "nf4") return std::nullopt;
  const double bits = grid == "nf4" ? kBitsOfNf4 : entry.value("bits", 0.0);
  double values = 0.0;
  if (unit == "channel") values = sizes.values / sizes.rows;
  if (unit == "tensor") values = sizes.values / static_cast<double>(sizes.linears);
  if (unit.is_object()) values = unit.value("group", 0.0);
  if (values <= 0.0 || bits <= 0.0) return std::nullopt;
  return stored_bits(bits, values, !entry.value("symmetric", true));
}

/// The entry of a tensor, where it is the only one.
const Json* only_entry(const Json& entries, const char* tensor) {
  const Json* found = nullptr;
  for (const Json& entry : entries) {
    if (entry.value("tensor", "") != tensor) continue;
    if (found != nullptr) return nullptr;
    found = &entry;
  }
  return found;
}

/// Whether codes of that entry can be multiplied as they are: one scale for each row.
bool is_integer(const Json& entry, const char* unit) {
  return entry.value("grid", Json()) == "uniform" && entry.value("bits", 0) == kIntegerBits &&
         entry.value("granularity", Json()) == unit && entry.value("symmetric", true) &&
         !entry.contains("channel_scale") && !entry.contains("except_outliers");
}

/// The sites of a tensor in the blocks, one for all linears that read the same input; none where
/// some lie outside them.
std::optional<Index> sites_of(const ResultRow& row, const std::string& tensor) {
  Index count = 0;
  for (const SiteStats& site : row.sites) {
    const SitePlace place = site_place(site.site);
    if (place.tensor != tensor) continue;
    if (place.layer.empty()) return std::nullopt;
    ++count;
  }
  return count;
}

/// Whether an entry rounds all of a tensor to its levels: not a share or a part of that change, nor
/// in another shape of the model.
bool is_whole_rounding(const Json& entry) {
  return std::none_of(std::begin(kPartKeys), std::end(kPartKeys),
                      [&entry](const char* key) { return entry.contains(key); });
}

std::optional<PricedLine> priced(const ResultLine& line, const ModelLines& model,
                                 const ModelBench& bench) {
  const Json& entries = line.key().entries;
  if (line.key().search || !std::all_of(entries.begin(), entries.end(), is_whole_rounding))
    return std::nullopt;
  const Json* const weight = only_entry(entries, "weight");
  const Json* const input = only_entry(entries, "input");
  if (weight == nullptr || entries.size() != (input == nullptr ? 1U : 2U)) return std::nullopt;
  const ResultRow& row = *line.samples().front();
  if (sites_of(row, "weight") != bench.sizes.linears) return std::nullopt;
  const std::optional<double> bits = bits_of(*weight, bench.sizes);
  std::optional<FigureEstimate> kl = estimate_figure(kl_figure(), line.samples(), model.baseline);
  if (!bits || !kl) return std::nullopt;
  PricedLine found{.line = &line,
                   .label = quantizer_label(entries),
                   .bits = *bits,
                   .bytes = bytes_per_token(bench.sizes, *bits, kHeadBytes),
                   .kl = std::move(*kl)};
  if (input != nullptr && is_integer(*weight, "channel") && is_integer(*input, "token") &&
      sites_of(row, "input") == bench.sizes.inputs)
    found.rate = bench.find("w8a8");
  return found;
}

/// The priced lines of a model, those of the fewest bytes first.
std::vector<PricedLine> priced_lines(const ModelLines& model, const ModelBench& bench) {
  std::vector<PricedLine> lines;
  for (const ResultLine& line : model.lines) {
    if (!is_quantized(line.key()) || line.samples().empty()) continue;
    if (auto found = priced(line, model, bench)) lines.push_back(std::move(*found));
  }
  std::stable_sort(lines.begin(), lines.end(), [](const PricedLine& a, const PricedLine& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.kl.mean.mean < b.kl.mean.mean;
  });
  return lines;
}

std::string scheme_text(const PricedLine& line) {
  return line.label.scheme() + (line.label.grid == "uniform" ? "" : ", " + line.label.grid);
}

double share_of_wide(const PricedLine& line, const ModelBench& bench) {
  return line.bytes / bytes_per_token(bench.sizes, kWideBits, kHeadBytes);
}

/// "w4 g=g64 (W4A16 g64): 2.1 MB of weights a token, 31 % of those in 16 bits, KL 0.15 [0.14,
/// 0.16]", of the lines than which none of fewer bytes does less damage.
std::vector<std::string> bytes_sentences(const std::vector<PricedLine>& lines,
                                         const ModelBench& bench) {
  std::vector<std::string> texts;
  double least = INFINITY;
  for (const PricedLine& line : lines) {
    if (line.kl.mean.mean >= least) continue;
    least = line.kl.mean.mean;
    if (texts.size() < kMostSentences)
      texts.push_back(
          fmt::format("{} ({}): {} MB of weights a token, {} % of those in 16 bits, KL {}.",
                      line.line->label(), scheme_text(line), short_number(line.bytes / kMega, 3),
                      short_number(100.0 * share_of_wide(line, bench), 2), estimate_text(line.kl)));
  }
  return texts;
}

std::string rate_text(const FormRate& rate, const ModelBench& bench) {
  return fmt::format("{} times f32 in a prompt of {} ({} tokens/s)",
                     short_number(rate.prompt_speedup, 3), bench.context,
                     short_number(rate.prompt, 3));
}

/// What integers buy, and what they cost; what bf16 buys instead.
std::vector<std::string> rate_sentences(const std::vector<PricedLine>& lines,
                                        const ModelBench& bench) {
  std::vector<std::string> texts;
  const FormRate* const bf16 = bench.find("bf16");
  for (const PricedLine& line : lines)
    if (line.rate != nullptr && texts.size() < kMostSentences)
      texts.push_back(fmt::format("{}, multiplied in integers: {}, for KL {}{}.",
                                  line.line->label(), rate_text(*line.rate, bench),
                                  estimate_text(line.kl),
                                  bf16 == nullptr ? "" : "; bf16: " + rate_text(*bf16, bench)));
  return texts;
}

std::string csv_of(const std::vector<PricedLine>& lines, const ModelLines& model) {
  CsvText csv({"model", "trial", "scheme", "grid", "seeds", "kl", "kl_low", "kl_high",
               "bits_per_weight", "bytes_per_token", "form", "prompt_tokens_per_second",
               "single_tokens_per_second"});
  for (const PricedLine& line : lines) {
    std::vector<std::string> fields = {model.model, line.line->label(), line.label.scheme(),
                                       line.label.grid, std::to_string(line.kl.mean.seeds)};
    add_interval_fields(line.kl.mean.mean, line.kl.interval, fields);
    fields.push_back(csv_number(line.bits));
    fields.push_back(csv_number(line.bytes));
    fields.push_back(line.rate == nullptr ? "" : line.rate->name);
    fields.push_back(line.rate == nullptr ? "" : csv_number(line.rate->prompt));
    fields.push_back(line.rate == nullptr ? "" : csv_number(line.rate->token));
    csv.add_row(fields);
  }
  return csv.text();
}

ChartPoint point_of(const PricedLine& line) {
  ChartPoint point{.x = line.bytes / kMega, .y = line.kl.mean.mean, .label = line.line->label()};
  point.value = fmt::format("{}: {} MB, KL {}", line.line->label(),
                            short_number(line.bytes / kMega, 3), estimate_text(line.kl));
  if (line.kl.interval) {
    point.y_low = line.kl.interval->low;
    point.y_high = line.kl.interval->high;
  }
  point.hollow = !line.kl.interval || line.kl.rough;
  return point;
}

ReportFigure figure_of(const std::vector<PricedLine>& lines, const ReportPart& part,
                       const ModelBench& bench, double width) {
  ReportFigure figure = named_figure("speed" + part.suffix, "Damage against bytes of weights");
  figure.caption =
      "KL of each quantizer of all linears of the blocks against the bytes of weights that a pass "
      "over one token reads, scales included and the head in 16 bits: lower left is better. 95 % "
      "intervals over text and seeds; the upright line is the model in 16 bits." +
      left_out_text(std::min(kMostRows, lines.size()), lines.size());
  LineChart chart{.title = figure.title,
                  .description = figure.caption,
                  .x = {.label = "weights read a token", .unit = "MB", .scale = AxisScale::log},
                  .y = {.label = "KL divergence from the untouched model",
                        .unit = "nats per token",
                        .scale = AxisScale::log}};
  chart.x_references.push_back(
      {.value = bytes_per_token(bench.sizes, kWideBits, kHeadBytes) / kMega, .label = "16 bits"});
  for (std::size_t i = 0; i < std::min(kMostRows, lines.size()); ++i) {
    const std::string name = lines[i].label.bits + ", " + lines[i].label.grid;
    auto series = std::find_if(chart.series.begin(), chart.series.end(),
                               [&](const ChartSeries& each) { return each.name == name; });
    if (series == chart.series.end())
      series = chart.series.insert(series, ChartSeries{.name = name, .line = false});
    series->points.push_back(point_of(lines[i]));
  }
  set_drawing(draw(chart, width), figure);
  figure.csv = csv_of(lines, *part.model);
  return figure;
}

HtmlTable price_table(const std::vector<PricedLine>& lines, const ModelBench& bench) {
  HtmlTable table{.caption = "What each quantizer costs and does",
                  .columns = {"trial", "scheme", "KL", "bits per weight", "MB a token",
                              "of 16 bits, %", "prompt, tokens/s"},
                  .numbers = {false, false, true, true, true, true, true}};
  for (const PricedLine& line : lines) {
    if (table.rows.size() == kMostRows) break;
    table.rows.push_back({line.line->label(), scheme_text(line), estimate_text(line.kl),
                          fixed_number(line.bits, 3), short_number(line.bytes / kMega, 3),
                          short_number(100.0 * share_of_wide(line, bench), 3),
                          line.rate == nullptr ? "–" : short_number(line.rate->prompt, 3)});
  }
  return table;
}

HtmlTable rate_table(const ModelBench& bench) {
  HtmlTable table{.caption = fmt::format("Tokens a second by form: {}, {}, {} ({})", bench.cpu,
                                         counted(bench.threads, "thread"), bench.gemm, bench.isa),
                  .columns = {"form", fmt::format("prompt of {}, tokens/s", bench.context), "× f32",
                              "single token, tokens/s"}};
  for (const FormRate& form : bench.forms)
    table.rows.push_back({form.name, short_number(form.prompt, 3),
                          fixed_number(form.prompt_speedup, 2), short_number(form.token, 3)});
  return table;
}

const ModelBench* bench_of(const ReportPart& part, const std::vector<ModelBench>& benches) {
  const ModelIdentity* const model =
      find_sized_model(part.run->contents.manifest.models, part.model->model);
  if (model == nullptr) return nullptr;
  const auto found = std::find_if(benches.begin(), benches.end(), [model](const ModelBench& bench) {
    return bench.model_hash == model->model_hash;
  });
  return found == benches.end() ? nullptr : &*found;
}

void add_part(const ReportPart& part, double width, HtmlFragment& html, Section& section) {
  const std::vector<ModelBench> benches = read_benches(part.run->contents.dir);
  const ModelBench* const bench = bench_of(part, benches);
  if (bench == nullptr) return;
  const std::vector<PricedLine> lines = priced_lines(*part.model, *bench);
  if (lines.empty()) return;
  if (!part.heading.empty()) html.heading(part.heading);
  html.list(bytes_sentences(lines, *bench));
  const std::vector<std::string> rates = rate_sentences(lines, *bench);
  if (!rates.empty()) html.list(rates);
  section.figures.push_back(figure_of(lines, part, *bench, width));
  html.figure(section.figures.back().id);
  html.table(price_table(lines, *bench));
  html.table(rate_table(*bench));
  html.paragraph(
      "The times are of noisefloor bench on one machine, weights packed before. Tokens a second "
      "stand beside schemes that this program multiplies as integers; of the others the bytes are "
      "what a kernel for them would have to read.");
}

std::optional<Section> make(const ReportInput& input) {
  return section_of_parts("speed", "Damage beside bytes and speed", input, add_part);
}

}  // namespace

void register_speed(SectionRegistry& registry) {
  registry.add({.id = "speed", .order = 45, .make = make});
}

}  // namespace nf
