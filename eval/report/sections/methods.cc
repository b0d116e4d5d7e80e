#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/counted.h"
#include "core/base/version.h"
#include "eval/output/number_text.h"
#include "eval/records/env_arithmetic.h"
#include "eval/report/html.h"
#include "eval/report/references.h"
#include "eval/report/section.h"

namespace nf {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

struct SeedRange {
  Index least = 0, most = 0;
};

SeedRange seeds_of(const ReportRun& run) {
  SeedRange range;
  for (const ModelLines& model : run.models)
    for (const ResultLine& line : model.lines) {
      if (line.key().name == "baseline") continue;
      range.least = range.least == 0 ? line.seeds() : std::min(range.least, line.seeds());
      range.most = std::max(range.most, line.seeds());
    }
  return range;
}

std::size_t line_count(const ReportRun& run) {
  std::set<std::string> lines;
  for (const RowKey& key : run.keys)
    if (key.name != "baseline") lines.insert(condition_text(key));
  return lines.size();
}

std::string models_sentence(const ReportRun& run) {
  std::vector<std::string> models;
  for (const ModelLines& model : run.models) {
    const TextSums& text = model.first_row().text;
    models.push_back(text.windows == 0
                         ? model.model
                         : fmt::format("{} ({} scored tokens in {})", model.model, text.sums.tokens,
                                       counted(text.windows, "window")));
  }
  return fmt::format("We perturbed {} under {}.", joined(models),
                     counted(static_cast<Index>(line_count(run)), "condition"));
}

std::string convention_of(const ReportRun& run) {
  for (const Record& record : run.contents.records)
    if (!record.convention.empty()) return record.convention;
  return "";
}

std::string draws_sentence(const ReportRun& run) {
  const SeedRange seeds = seeds_of(run);
  if (seeds.most <= 1) return "Each condition was run once.";
  return seeds.least == seeds.most
             ? fmt::format("Each condition was run with {} seeds.", seeds.most)
             : fmt::format(
                   "Conditions were run with {} to {} seeds; those that draw nothing with "
                   "one.",
                   seeds.least, seeds.most);
}

/// The arithmetic, where it is not f32, and what it makes by itself.
std::string floor_sentence(const ReportRun& run) {
  const std::string arithmetic = env_arithmetic(run.contents.manifest.env);
  std::string text =
      arithmetic.empty()
          ? ""
          : fmt::format(
                " All matrix products, those of the untouched model too, took operands rounded to "
                "{}, with sums in f32.",
                arithmetic);
  double floor = 0.0;
  for (const ResultRow& row : run.rows) floor = std::max(floor, row.kl_floor.value_or(0.0));
  if (floor == 0.0) return text;
  return text + fmt::format(
                    " {} alone makes a KL of {} nats per token; what lies below {:.0f} "
                    "times that is not interpreted.",
                    arithmetic.empty() ? "Rounding" : "Against f32 that", short_number(floor, 2),
                    kFloorsToTrust);
}

/// A word of the manifest; empty where it has none.
std::string word_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string with_blank(const std::string& word) { return word.empty() ? "" : " " + word; }

std::string methods_of(const ReportRun& run) {
  const std::string convention = convention_of(run);
  const Json& about = run.contents.manifest.about;
  const std::string gemm = word_of(run.contents.manifest.env, "gemm");
  return fmt::format(
      "{} Damage is the exact Kullback-Leibler divergence of the next-token distribution from that "
      "of the untouched model over the whole vocabulary, in nats per scored token{}. {} Intervals "
      "are 95 %, of the token-weighted mean over blocks of text with the variances of text and "
      "seeds estimated apart and the skewness of blocks corrected for; trials are compared in "
      "pairs "
      "over the same blocks and seeds, and p-values are adjusted after Holm.{} All runs used "
      "noisefloor{} (numerics {}{}), whose results do not depend on threads or order.",
      models_sentence(run), convention.empty() ? "" : " (convention " + convention + ")",
      draws_sentence(run), floor_sentence(run), with_blank(word_of(about, "version")),
      run.contents.manifest.numerics, gemm.empty() ? "" : ", " + gemm);
}

std::string bibtex() {
  return fmt::format(
      "@software{{noisefloor,\n  title = {{noisefloor: noise and quantizers as perturbations of "
      "language models}},\n  author = {{{{The noisefloor contributors}}}},\n  version = {{{}}},\n  "
      "note = {{commit {}}}\n}}\n",
      version(), git_hash());
}

std::optional<Section> make(const ReportInput& input) {
  HtmlFragment html;
  html.paragraph("Ready to paste; the numbers are those of this page.");
  for (const ReportRun& run : input.runs) {
    if (run.models.empty() || line_count(run) == 0) continue;
    if (input.runs.size() > 1) html.heading(run.name);
    html.paragraph(methods_of(run));
  }
  std::string entries = bibtex();
  std::vector<RowKey> keys;
  for (const ReportRun& run : input.runs) keys.insert(keys.end(), run.keys.begin(), run.keys.end());
  for (const Reference& reference : references_of(keys)) entries += "\n" + bibtex_of(reference);
  html.code(entries);
  return Section{.id = "methods", .title = "Methods, to paste", .html = html.text()};
}

}  // namespace

void register_methods(SectionRegistry& registry) {
  registry.add({.id = "methods", .order = 130, .make = make});
}

}  // namespace nf
