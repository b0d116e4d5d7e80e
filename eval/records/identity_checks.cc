#include "eval/records/identity_checks.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/version.h"

namespace nf {
namespace {

std::string isa_of(const Json& env) {
  const auto isa = env.find("isa");
  return isa == env.end() ? "unknown"
                          : printable(isa->is_string() ? isa->get<std::string>() : isa->dump());
}

/// The products that a key of env is the hash of; empty of other keys.
std::string products_of(const std::string& key) {
  const std::string with_arithmetic = std::string(kEnvProducts) + '_';
  if (key == kEnvProducts) return "eight fixed products";
  if (!key.starts_with(with_arithmetic)) return "";
  return "fixed products in " + key.substr(with_arithmetic.size());
}

}  // namespace

void check_numerics(int numerics, const std::string& place, const std::string& way_out) {
  if (numerics != kNumericsVersion)
    throw ConfigError(
        fmt::format("{}: made with numerics version {}, this program has {}: results would not "
                    "compare; {}",
                    place, numerics, kNumericsVersion, way_out));
}

void check_models(const std::vector<ModelIdentity>& was, const std::vector<ModelIdentity>& is,
                  const RefusalWords& words) {
  for (const ModelIdentity& before : was)
    for (const ModelIdentity& now : is) {
      if (now.model != before.model) continue;
      if (const auto other = model_difference(before, now))
        throw ConfigError(fmt::format("{}: model '{}' has {}: {} {} {}, {} {}: {}", words.place,
                                      printable(now.model), other->what, other->hash, other->was,
                                      words.before, other->is, words.now, words.way_out));
    }
}

std::optional<std::string> env_refusal(const Json& was, const Json& is, const RefusalWords& words) {
  const auto other = env_difference(was, is);
  if (!other) return std::nullopt;
  if (const std::string products = products_of(other->what); !products.empty())
    return fmt::format(
        "{}: {} had other bits {} (isa {}) than they have {} (isa {}), and so would results: {}",
        words.place, products, words.before, isa_of(was), words.now, isa_of(is), words.way_out);
  return fmt::format(
      "{}: env '{}' was {} {} and is {} {}, which can change the last bits of results: {}",
      words.place, other->what, other->was, words.before, other->is, words.now, words.way_out);
}

void check_env(const Json& was, const Json& is, const RefusalWords& words) {
  if (const auto message = env_refusal(was, is, words)) throw ConfigError(*message);
}

}  // namespace nf
