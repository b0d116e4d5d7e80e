#include "eval/experiment/reference_page.h"

#include <algorithm>

#include "core/config/yaml_writer.h"
#include "eval/experiment/experiment.h"
#include "eval/experiment/quantizer_words.h"
#include "eval/experiment/trial_count.h"
#include "quant/axis_rules.h"

namespace nf {
namespace {

/// Markdown tables break at a bare '|'.
std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

/// A value as YAML on one line.
std::string inline_yaml(const std::string& name, const Json& value) {
  std::string yaml = to_yaml(Json{{name, value}});
  if (!yaml.empty() && yaml.back() == '\n') yaml.pop_back();
  if (yaml.find('\n') == std::string::npos) return yaml;
  return fmt::format("{}: {}", name, value.dump());  // JSON is YAML, and stays on one line
}

std::string table(const std::vector<FieldDoc>& fields) {
  std::string text =
      "| key | type | unit | default | meaning | example |\n|---|---|---|---|---|---|\n";
  for (const FieldDoc& field : fields) {
    // A nested mapping has a section of its own.
    const std::string type = field.type.size() > 100 ? "mapping, see below" : field.type;
    const std::string fallback = field.required ? "required"
                                 : field.default_value.is_null()
                                     ? "-"
                                     : "`" + field.default_value.dump() + "`";
    std::string meaning = field.summary;
    if (!field.range.empty()) meaning += ", " + field.range;
    const std::string example =
        field.example.is_null() ? "" : "`" + escaped(inline_yaml(field.name, field.example)) + "`";
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", field.name, escaped(type),
                        field.unit, escaped(fallback), escaped(meaning), example);
  }
  for (const FieldDoc& field : fields) {
    if (field.choices.empty()) continue;
    text += fmt::format("\n`{}`:", field.name);
    for (const Choice& choice : field.choices)
      text += fmt::format(" `{}` {}{}", choice.name, choice.summary,
                          &choice == &field.choices.back() ? "." : ";");
    text += "\n";
  }
  return text;
}

/// Schema of one entry: `sites` and the kind's own keys.
Json entry_schema(const std::vector<FieldDoc>& own, const std::string& fixed_key,
                  const Json& fixed_value) {
  std::vector<FieldDoc> fields = entry_fields().docs();
  const bool has_strength = std::any_of(
      own.begin(), own.end(), [](const FieldDoc& field) { return field.name == "strength"; });
  for (FieldDoc& field : dose_fields(has_strength)) fields.push_back(std::move(field));
  fields.insert(fields.end(), own.begin(), own.end());
  // The other keys may stand in `defaults`.
  for (FieldDoc& field : fields) field.required = field.name == fixed_key;
  Json schema = object_schema(fields);
  if (!fixed_key.empty()) schema["properties"][fixed_key] = {{"const", fixed_value}};
  schema = allow_variables(std::move(schema));
  schema["properties"]["sites"] = {{"$ref", "#/$defs/sites"}};  // said once: it is long
  return schema;
}

Json noise_schemas(const Kinds& kinds) {
  Json forms = Json::array();
  for (const NoiseKind& kind : kinds.noises.kinds()) {
    forms.push_back(entry_schema(kind.fields, "noise", kind.name));
  }
  return forms;
}

Json quantizer_schemas(const Kinds& kinds) {
  Json forms = Json::array();
  for (const QuantizerMethod& method : kinds.quantizers.methods()) {
    std::vector<FieldDoc> fields = kinds.quantizers.common_fields();
    fields.insert(fields.end(), method.fields.begin(), method.fields.end());
    forms.push_back(entry_schema(fields, "", {}));
  }
  return forms;
}

Json shorthand_schema() { return {{"$ref", "#/$defs/shorthand"}}; }

/// A list of entries, each of which may be a shorthand, or a shorthand in its place.
Json list_of(Json forms) {
  forms.push_back(shorthand_schema());
  const Json list = {{"type", "array"}, {"minItems", 1}, {"items", {{"anyOf", std::move(forms)}}}};
  return {{"anyOf", Json::array({list, shorthand_schema()})}};
}

/// Every key that trials, entries and sites have, each where it is met first.
Json defaults_schema(const Kinds& kinds, const Json& description) {
  std::vector<FieldDoc> fields = TrialConfig::fields().docs();
  std::erase_if(fields, [](const FieldDoc& field) { return field.name == "name"; });
  std::vector<std::vector<FieldDoc>> more = {SiteSelector::fields().docs(), entry_fields().docs(),
                                             dose_fields(true), kinds.quantizers.common_fields()};
  for (const QuantizerMethod& method : kinds.quantizers.methods()) more.push_back(method.fields);
  for (const NoiseKind& kind : kinds.noises.kinds()) more.push_back(kind.fields);
  for (std::vector<FieldDoc>& own : more)
    for (FieldDoc& field : own) {
      field.required = false;
      field.schema.erase("default");
      const bool is_there = std::any_of(fields.begin(), fields.end(), [&](const FieldDoc& known) {
        return known.name == field.name;
      });
      if (!is_there) fields.push_back(std::move(field));
    }
  Json schema = allow_variables(object_schema(fields));
  schema["properties"]["sites"] = {{"type", "object"}};
  schema["description"] = description;
  return schema;
}

/// The words behind W4A8 and what they stand for.
std::string shorthand_table() {
  std::string text = "| word | stands for |\n|---|---|\n";
  for (const ShorthandWord& word : quantizer_words())
    text += fmt::format("| `{}` | `{}` |\n", word.word, word.meaning);
  return text;
}

/// The kinds of twins, each with what it is good for.
std::string twin_table() {
  std::string text = "| kind | δ of the twin | keeps | destroys |\n|---|---|---|---|\n";
  for (const TwinKind& kind : twin_kinds())
    text += fmt::format("| `{}` | {} | {} | {} |\n", kind.name, escaped(kind.summary),
                        escaped(kind.keeps), escaped(kind.destroys));
  return text;
}

/// The keys that entries have beside `sites` and those of their kinds.
std::vector<FieldDoc> calibration_keys() {
  std::vector<FieldDoc> fields = entry_fields().docs();
  std::erase_if(fields, [](const FieldDoc& field) { return field.name == "sites"; });
  return fields;
}

std::string calibration_section(const Kinds& kinds) {
  return "\n## `calibration`\n\nNamed sets of text: methods that calibrate look at the inputs that "
         "linears have on one. Exactly one of `ids`,\n`text`, `jsonl`, `task` and `nonsense`. A "
         "set "
         "shorter than its `windows` is a mistake.\n\n" +
         table(CalibrationConfig::fields(kinds.tasks).docs()) + "\n`task`:\n\n" +
         table(CalibrationTask::fields(kinds.tasks).docs()) +
         "\nKeys of entries, of the quantizers in `match:` and `reference:`, and of `defaults`; "
         "what "
         "an entry refers to is made\nfrom the same set. Entries that need none ignore them, so "
         "that "
         "they can be swept beside others.\n\n" +
         table(calibration_keys());
}

}  // namespace

std::string experiment_page(const Kinds& kinds) {
  std::string page =
      "# Experiment files\n\n"
      "Every key an experiment can have. This page is generated from the tables that validate "
      "experiments\n"
      "(`NOISEFLOOR_REGENERATE=1 build/release/bin/eval_experiment_tests "
      "--gtest_filter=ReferencePage*` "
      "rewrites it), and\n"
      "`experiment.schema.json` beside it gives editors completion: put\n"
      "`# yaml-language-server: $schema=docs/experiment.schema.json` into the first line of a "
      "file. What the words\n"
      "mean to the last bit (units, draws, windows, files, exit codes) stands in "
      "[meaning.md](meaning.md).\n\n"
      "`noisefloor check FILE` validates a file and says what it comes to, without reading "
      "weights. "
      "Mistakes are\n"
      "reported with line and column, up to ten at once. A key given twice, an unknown key and a "
      "selector that\n"
      "matches nothing are mistakes. `true` and `false` are the only truth values; a quoted number "
      "is text.\n\n";
  page += "## The experiment\n\n" + table(ExperimentConfig::fields(kinds).docs());
  page += "\n## `data`\n\nExactly one of `text`, `jsonl` and `ids`.\n\n" +
          table(DataConfig::fields().docs());
  page +=
      "\n## `tasks`\n\nA list of questions for the model, scored in lm-eval's "
      "convention.\n\n" +
      table(TaskConfig::fields(kinds.tasks).docs()) + "\nA line of the file:\n";
  for (const TaskKind& kind : kinds.tasks.kinds())
    page += fmt::format("- `{}`: {}\n", kind.name, kind.line);
  page += calibration_section(kinds);
  page +=
      "\n## `trials`\n\nA list. Each item has exactly one of `perturb` (noise), `quantize` "
      "(quantizers) and "
      "`distort` (both, in\nthe order in which they act; each sees the result of those before it). "
      "`\"${name}\"` "
      "in an entry stands for a\nvariable of `sweep` or `zip`.\n\n" +
      table(TrialConfig::fields().docs()) +
      fmt::format(
          "\nA variable's name has no blank, `,` or `=`, by which `compare` would not find it, and "
          "differs not only in\ncase from another one or from a column of a file: SQL does not "
          "tell "
          "such columns apart. All trials together, on\nall models, are at most {}.\n",
          kMostTrials);
  page +=
      "\n### Designs\n\nAt most one of `each`, `leave_one_out`, `cumulative`, `pairs` and "
      "`factorial` makes many trials of one,\nby narrowing the `sites` of every entry. With "
      "`bisect` "
      "the value of `\"${bisect}\"` in the entries is searched for;\nit goes together with "
      "`sweep`, `zip`, `repeat` and every design but `factorial`. [meaning.md](meaning.md) has the "
      "details.\n\n`factorial`, where a word is not enough:\n\n" +
      table(FactorialConfig::fields().docs()) + "\n`bisect`:\n\n" +
      table(BisectConfig::fields().docs());
  page +=
      "\n### `twins`\n\nA list of kinds; or, where that is not enough, a mapping. Twins go "
      "together with `sweep`, `zip`, `repeat`,\n`each` and `leave_one_out`. "
      "[meaning.md](meaning.md) says what a kind asks of its trial.\n\n" +
      twin_table() + "\nThe mapping:\n\n" + table(TwinsConfig::fields().docs());
  page +=
      "\n### `stop`\n\nOf a trial, or of the experiment for all trials; `stop: none` in a trial "
      "switches it off.\n\n" +
      table(StopConfig::fields().docs());
  page +=
      "\n### `reshape`\n\nOf the experiment, or of a trial: the model in another shape of the same "
      "function ([outliers.md](outliers.md)); `reshape: none` in\na trial leaves the model as it "
      "is. `outliers`, `flatten: true`, or both.\n\n" +
      table(ReshapeConfig::fields().docs()) + "\n`outliers`:\n\n" +
      table(OutliersConfig::fields().docs());
  page +=
      "\n## Shorthand\n\nA text may stand in the place of an entry, of a list of entries, and of "
      "the quantizer in `match:` and\n`reference:`; `check` prints what it stands for. It speaks "
      "of "
      "all sites of its tensor (`defaults` may narrow\nthem); everything else is said by the long "
      "form. `\"${name}\"` goes anywhere in it.\n\n"
      "- Quantizers: `W4`, `W4A8` (weights and inputs; 2 to 8 bits, 16 leaves them alone), then "
      "words of the table\n  below in any order: `W4A8 g64 asym`. Without them `channel` on "
      "weights, `token` on inputs, `sym`, `uniform`,\n  `rtn`. `tensor` is about the weights "
      "unless these have another word: `W8A8 tensor tensor` is both. `gptq` brings\n  "
      "`zero_in_range: true` with asym and `levels: full` with sym; it, `awq`, `kmeans` and "
      "`adadim64` are about the weights.\n  `smoothquant0.5` stands for four entries: o_proj and "
      "down_proj are rounded, but not smoothed.\n"
      "- Noise: `[TENSOR] KIND [relation] [l2=0.1 | snr=20dB | rms=0.01 | match=W4] [scope]`: "
      "`gaussian l2=0.1`,\n  `input laplace proportional snr=20dB channel`. Without a tensor it "
      "is on weights; relations are written\n  `proportional`, `power0.5`, `rank-up`, scopes "
      "`tensor`, `channel`, `token`, `g64`, `per-ic64`; `l2` is\n  relative_l2, `rms` sigma_abs. "
      "A kind's other keys are words too: `student_t df=5 l2=0.1`, `input clip\n  "
      "quantile=0.999`, `round mantissa_bits=7`. What follows `reference=W4` or `match=W4` up to "
      "the next `=` belongs to that\n  quantizer: `permuted channel reference=W4 g64 asym`; all "
      "that follows where it is a noise or a clip belongs to\n  that: `gaussian channel match=clip "
      "quantile=0.999`.\n"
      "- In the place of a `match:` or `reference:` a text stands for what acts on the entry's own "
      "tensor.\n\n" +
      shorthand_table() +
      "\nOn the terminal, in csv files and as `compare` takes them, values of variables are called "
      "by the same words.\n"
      "\n## `defaults`\n\nKeys of trials, entries and sites, side by side: `defaults: {repeat: 3, "
      "layers: 0-2, granularity: {group: 64}}`.\nEvery trial, entry or `sites` that has such a key "
      "and does not say it takes it. A trial that says `pairs`\ntakes no `each`, one with "
      "`quantize` no `perturb`; an entry takes nothing that would be a mistake in it, as\n"
      "`symmetric: false` beside `grid: power` is. A shorthand says all that its words and their "
      "defaults say. `sites`\nmay be written as a mapping as well. A key that nothing takes is a "
      "warning, one that fits nothing a mistake.\n";
  page += "\n## `sites` of an entry\n\n" + table(SiteSelector::fields().docs()) +
          "\nIn flow style write `layers: [0-3, 7]` or quotes: `{layers: 0-3,7}` is read by YAML "
          "as a key `7`.\n"
          "`noisefloor list sites --model DIR` prints what there is to select. A part of `only` or "
          "`except`:\n\n" +
          table(SitePart::fields().docs());
  page +=
      "\n## Doses and parts of any entry\n\nx̃ = x + dose·part(x̂ − x), where x is what the entries "
      "before leave and x̂ what this entry makes of it. A noise's\n`strength` is always that of "
      "what "
      "is left; any other entry takes `strength` beside `keep` alone. x̂ of a weight that\nis made "
      "of a calibration set is made once for all doses, parts and twins, as the trial with every "
      "dose 1 and all of\neach change would make it.\n\n" +
      table(dose_fields(false));
  page += "\n## Noise entries\n\nAn entry with `noise:`.\n";
  for (const NoiseKind& kind : kinds.noises.kinds()) {
    std::vector<FieldDoc> fields = kind.fields;
    for (FieldDoc& field : fields)
      if (field.name == "noise") field.example = kind.name;
    page += fmt::format("\n### `noise: {}`\n\n{}.\n\n{}", kind.name, kind.summary, table(fields));
  }
  page += "\n## Quantizer entries\n\nAn entry with `grid:` (always the quantization grid).\n\n" +
          table(kinds.quantizers.common_fields()) +
          "\n### What does not go together\n\nEvery other combination of these keys is legal; "
          "[meaning.md](meaning.md) says what they do. "
          "States are activations.\n\n" +
          axis_rules_markdown();
  for (const QuantizerMethod& method : kinds.quantizers.methods()) {
    page += fmt::format("\n### `method: {}`\n\n{}.\n", method.name, method.summary);
    if (!method.fields.empty()) page += "\n" + table(method.fields);
  }
  return page;
}

std::string experiment_schema(const Kinds& kinds) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "noisefloor experiment"}};
  schema.update(object_schema(ExperimentConfig::fields(kinds).docs()));
  Json trial = object_schema(TrialConfig::fields().docs());
  Json noise = noise_schemas(kinds), quantizers = quantizer_schemas(kinds);
  Json both = noise;
  both.insert(both.end(), quantizers.begin(), quantizers.end());
  const auto set_list = [&](const char* key, Json forms) {
    Json list = list_of(std::move(forms));
    list["description"] = trial["properties"][key]["description"];
    trial["properties"][key] = std::move(list);
  };
  set_list("perturb", std::move(noise));
  set_list("quantize", std::move(quantizers));
  set_list("distort", std::move(both));
  const Json description = schema["properties"]["trials"]["description"];
  schema["properties"]["trials"] = {
      {"description", description}, {"type", "array"}, {"items", std::move(trial)}};
  Json sites = allow_variables(entry_fields().docs().front().schema);
  sites.erase("required");
  const Json about = schema["properties"]["defaults"]["description"];
  schema["properties"]["defaults"] = defaults_schema(kinds, about);
  schema["$defs"] = {
      {"sites", std::move(sites)},
      {"shorthand",
       {{"type", "string"}, {"description", "W4A8 g64 asym, gaussian l2=0.1 and the like"}}}};
  return schema.dump(1) + "\n";
}

}  // namespace nf
