#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/suggest.h"
#include "core/model/decoder.h"
#include "eval/cli/command.h"
#include "eval/cli/examples.h"
#include "eval/output/standard_streams.h"
#include "eval/predict/predictor.h"
#include "perturb/surrogate.h"

namespace nf {
namespace {

void print_fields(const std::vector<FieldDoc>& fields) {
  for (const FieldDoc& field : fields) {
    std::string notes;
    if (!field.unit.empty()) notes += fmt::format(" [{}]", field.unit);
    if (!field.range.empty()) notes += fmt::format(", {}", field.range);
    if (field.required) notes += ", required";
    if (!field.default_value.is_null())
      notes += fmt::format(", default {}", field.default_value.dump());
    print_out("    {:<16}{}\n{:20}{}{}\n", field.name, field.type, "", field.summary, notes);
  }
}

void list_noises(const Kinds& kinds, const CommandLine&) {
  for (const NoiseKind& kind : kinds.noises.kinds()) {
    print_out("{:<14}{}\n", kind.name, kind.summary);
    print_fields(kind.fields);
  }
}

void list_quantizers(const Kinds& kinds, const CommandLine&) {
  for (const QuantizerMethod& method : kinds.quantizers.methods()) {
    print_out("{:<14}{}\n", method.name, method.summary);
    print_fields(method.fields);
  }
  print_out("every quantizer\n");
  print_fields(kinds.quantizers.common_fields());
}

void list_metrics(const Kinds& kinds, const CommandLine&) {
  for (const Metric& metric : kinds.metrics.metrics())
    print_out("{:<16}{}{}; {} is better\n", metric.name, metric.summary,
              metric.unit.empty() ? "" : fmt::format(" [{}]", metric.unit),
              metric.higher_is_better ? "higher" : "lower");
}

void list_predictors(const Kinds&, const CommandLine&) {
  const PredictorRegistry registry = PredictorRegistry::builtin();
  for (const Predictor& predictor : registry.predictors()) {
    std::string notes = predictor.source.empty() ? "" : ", " + predictor.source;
    if (predictor.measured) notes += "; measured on the evaluated text";
    if (predictor.fitted) notes += "; fitted on trials of noise";
    print_out("{:<26}{} [{}]{}\n", predictor.name, predictor.formula, predictor.unit, notes);
  }
}

void list_architectures(const Kinds& kinds, const CommandLine&) {
  for (const Architecture& architecture : kinds.architectures.all())
    print_out("{:<10}{:<20}{}\n", architecture.model_type, architecture.architecture,
              architecture.summary);
}

void list_twins(const Kinds&, const CommandLine&) {
  for (const TwinKind& kind : twin_kinds())
    print_out("{:<20}{}\n{:20}keeps {}; destroys {}\n", kind.name, kind.summary, "", kind.keeps,
              kind.destroys);
}

/// "[64, 32]", "[T, 32]". linears: of a block, and the outer ones
std::string site_shape(const Site& site, const std::vector<LinearTensors>& linears,
                       const DecoderSpec& spec) {
  if (site.tensor == SiteTensor::resid) return fmt::format("[T, {}]", spec.hidden_size);
  if (is_state(site.tensor))
    return fmt::format("[T, {}]", spec.num_key_value_heads * spec.head_dim);
  const auto linear =
      std::find_if(linears.begin(), linears.end(),
                   [&site](const LinearTensors& each) { return each.role == site.role; });
  NF_CHECK(linear != linears.end(), "{} has no linear", site.name());
  return site.tensor == SiteTensor::weight ? fmt::format("[{}, {}]", linear->out, linear->in)
                                           : fmt::format("[T, {}]", linear->in);
}

void list_examples(const Kinds&, const CommandLine&) {
  const Examples examples = Examples::installed();
  const std::vector<std::string> names = examples.names();
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size() + 2);
  for (const std::string& name : names)
    print_out("{:<{}}{}\n", name, width, examples.find(name).value_or("").string());
}

void list_sites(const Kinds& kinds, const CommandLine& line) {
  if (!line.has("model")) throw ConfigError("list sites: --model DIR is missing");
  const Decoder decoder = Decoder::open(model_directory(line), kinds.architectures);
  print_warnings(decoder.warnings());
  const DecoderSpec& spec = decoder.spec();
  std::vector<LinearTensors> linears = spec.block(0).linears;
  for (Role role : {Role::embed_tokens, Role::lm_head})
    linears.push_back({.role = role,
                       .out = spec.vocab_size,
                       .in = spec.embedding_size(),
                       .weight = {},
                       .bias = {}});
  for (const Site& site : decoder.sites())
    print_out("{:<32}{}\n", site.name(), site_shape(site, linears, spec));
}

}  // namespace

int list_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  const std::map<std::string, std::function<void(const Kinds&, const CommandLine&)>> lists = {
      {"noises", list_noises},         {"quantizers", list_quantizers},
      {"twins", list_twins},           {"metrics", list_metrics},
      {"predictors", list_predictors}, {"architectures", list_architectures},
      {"examples", list_examples},     {"sites", list_sites}};
  CommandLine line(
      "list noises|quantizers|twins|metrics|predictors|architectures|examples|sites [--model DIR]",
      "Prints what there is, with parameters and units, from the tables that validate "
      "experiments.");
  line.positional(
          "WHAT",
          "noises, quantizers, twins, metrics, predictors, architectures, examples or sites")
      .option("model", "for sites: the checkpoint directory");
  if (!line.parse(arguments)) return 0;
  const auto found = lists.find(line.text("WHAT"));
  if (found == lists.end()) {
    std::vector<std::string> names;
    for (const auto& entry : lists) names.push_back(entry.first);
    throw ConfigError(fmt::format("list: unknown '{}'{}", line.text("WHAT"),
                                  suggestion(line.text("WHAT"), names)));
  }
  found->second(*kinds, line);
  return 0;
}

}  // namespace nf
