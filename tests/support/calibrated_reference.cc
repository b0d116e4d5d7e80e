#include "tests/support/calibrated_reference.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace nf {
namespace {

/// The sets of the reference: its tables of ids, and how many rows of them.
struct IdSet {
  const char* name;
  const char* table;
  Index windows;
};
constexpr IdSet kSets[] = {{"ref32", "ref64", 32},         {"ref16", "ref64", 16},
                           {"deu32", "deu", 32},           {"deu16", "deu", 16},
                           {"nonsense32", "nonsense", 32}, {"nonsense16", "nonsense", 16}};

std::string entry(const std::string& sites, const std::string& rest) {
  return fmt::format("{{sites: {{{}}}, grid: uniform, {}}}", sites, rest);
}

/// 4 or 3 bits between the smallest and the largest of 64 neighbours, and more keys.
std::string asym64(int bits, const std::string& more = "") {
  return entry("tensor: weight", fmt::format("bits: {}, granularity: {{group: 64}}, symmetric: "
                                             "false{}",
                                             bits, more));
}
std::string gptq64(int bits, const std::string& set, const std::string& more = "") {
  return asym64(bits, ", zero_in_range: true, method: gptq, calibration: " + set + more);
}
std::string gptq_channel(int bits, const std::string& set) {
  return entry("tensor: weight", fmt::format("bits: {}, granularity: channel, levels: full, "
                                             "method: gptq, calibration: {}",
                                             bits, set));
}
std::string awq64(int bits, const std::string& set, const std::string& more = "") {
  return asym64(bits, ", channel_scale: {awq: {steps: 20}}, calibration: " + set + more);
}
/// error_at: what else `adaptive` says.
std::string adaptive64(int bits, const std::string& set, const std::string& error_at = "",
                       const std::string& more = "") {
  return entry("tensor: weight",
               fmt::format("bits: {}, granularity: {{adaptive: 64{}}}, symmetric: false, "
                           "calibration: {}{}",
                           bits, error_at, set, more));
}

/// Weights and inputs of 8 bits at these roles ("" for all).
std::string w8a8(const std::string& weight, const std::string& input, const std::string& roles = "",
                 const std::string& more = "") {
  const auto of = [&](const std::string& tensor, const std::string& granularity) {
    return entry("tensor: " + tensor + roles, "bits: 8, granularity: " + granularity + more);
  };
  return of("weight", weight) + ", " + of("input", input);
}
/// o_proj and down_proj are rounded without scales.
std::string smoothquant(const std::string& weight, const std::string& input, double alpha,
                        const std::string& set) {
  return w8a8(weight, input, ", roles: [q_proj, k_proj, v_proj, gate_proj, up_proj]",
              fmt::format(", channel_scale: {{smoothquant: {{alpha: {}}}}}, calibration: {}", alpha,
                          set)) +
         ", " + w8a8(weight, input, ", roles: [o_proj, down_proj]");
}

const std::map<std::string, Role>& role_of_module() {
  static const std::map<std::string, Role> roles = {
      {"q_proj", Role::q_proj},   {"k_proj", Role::k_proj},   {"v_proj", Role::v_proj},
      {"o_proj", Role::o_proj},   {"out_proj", Role::o_proj}, {"gate_proj", Role::gate_proj},
      {"up_proj", Role::up_proj}, {"fc1", Role::up_proj},     {"down_proj", Role::down_proj},
      {"fc2", Role::down_proj}};
  return roles;
}

}  // namespace

Site site_of_module(const std::string& module) {
  const std::string layers = "layers.";
  const std::size_t at = module.find(layers);
  if (at == std::string::npos) throw std::runtime_error(module + ": not in a layer");
  return {.layer = std::stoll(module.substr(at + layers.size())),
          .role = role_of_module().at(module.substr(module.rfind('.') + 1)),
          .tensor = SiteTensor::weight};
}

RowBounds CalibratedRow::bounds(const std::string& model, Index windows, bool agreed) const {
  // Twelve runs with noise of 1e-7 of the weights' L2: a standard deviation of 0.0074 nats and 2.3
  // % of the KL over 8 windows, 0.0069 over 64. Bounds are three of those of a difference of two.
  if (is_among(scatters, model)) return {.nll = 0.032, .kl_share = 0.1};
  if (kind == Kind::gptq)
    return windows > 8 ? RowBounds{.nll = 0.004, .kl_share = 0.04}
                       : RowBounds{.nll = 0.012, .kl_share = 0.06};
  if (kind == Kind::search && !agreed) return {.nll = 0.006, .kl_share = 0.06};
  return {.nll = 0.003, .kl_share = 0.04};
}

std::vector<CalibratedRow> calibrated_rows() {
  using Kind = CalibratedRow::Kind;
  return {
      {"rtn w4 asym g64", asym64(4), Kind::rounding, CalibratedRow::both},
      {"rtn w3 asym g64", asym64(3), Kind::rounding, CalibratedRow::both},
      {"w8a8 naive per-channel/per-token", w8a8("channel", "token"), Kind::rounding,
       CalibratedRow::both},
      {"w8a8 naive per-tensor/per-tensor", w8a8("tensor", "tensor"), Kind::rounding,
       CalibratedRow::both},
      {"smoothquant alpha0.5 per-channel/per-token", smoothquant("channel", "token", 0.5, "ref32"),
       Kind::rounding, CalibratedRow::both},
      {"smoothquant alpha0.5 per-tensor/per-tensor", smoothquant("tensor", "tensor", 0.5, "ref32"),
       Kind::rounding, CalibratedRow::llama},
      {"gptq w4 asym g64", gptq64(4, "ref32"), Kind::gptq, CalibratedRow::both},
      {"gptq w4 asym g64 act-order static-groups",
       gptq64(4, "ref32", ", act_order: true, static_groups: true"), Kind::gptq},
      {"gptq w4 sym per-channel", gptq_channel(4, "ref32"), Kind::gptq, CalibratedRow::both,
       CalibratedRow::opt},
      {"awq w4 asym g64 scale", awq64(4, "ref16"), Kind::search, CalibratedRow::opt},
      {"rtn-ada w4 asym g64", adaptive64(4, "ref16"), Kind::search, CalibratedRow::llama},
      {"rtn-ada w3 asym g64", adaptive64(3, "ref16"), Kind::search},
  };
}

std::string calibrated_experiment(const std::filesystem::path& reference_dir,
                                  const std::string& model, const std::vector<CalibratedRow>& rows,
                                  Index windows) {
  std::string trials, sets;
  for (const CalibratedRow& row : rows)
    trials += fmt::format("  - {{name: \"{}\", quantize: [{}]}}\n", row.name, row.entries);
  for (const IdSet& set : kSets)
    if (trials.find(fmt::format("calibration: {}", set.name)) != std::string::npos)
      sets +=
          fmt::format("  {}: {{ids: {}/ids/{}.npy, windows: {}}}\n", set.name,
                      CalibratedReference::folder(reference_dir).string(), set.table, set.windows);
  return fmt::format(
      "experiment: calibrated\nmodel: {}\ndata: {{text: {}, context: 512, windows: {}}}\n{}{}"
      "floor: false\ntrials:\n{}",
      (reference_dir / "models" / model).string(),
      (reference_dir / "corpora/wikitext2.test.raw.txt").string(), windows,
      sets.empty() ? "" : "calibration:\n", sets, trials);
}

}  // namespace nf
