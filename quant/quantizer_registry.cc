#include "quant/quantizer_registry.h"

#include <algorithm>
#include <utility>

#include "quant/build_quantizer.h"

namespace nf {

void QuantizerRegistry::add(QuantizerMethod method) {
  NF_CHECK(find(method.name) == nullptr, "quantizer method '{}' is registered twice", method.name);
  methods_.push_back(std::move(method));
}

std::vector<std::string> QuantizerRegistry::names() const {
  std::vector<std::string> names;
  for (const QuantizerMethod& method : methods_) names.push_back(method.name);
  return names;
}

const QuantizerMethod* QuantizerRegistry::find(const std::string& name) const {
  const auto found = std::find_if(methods_.begin(), methods_.end(),
                                  [&](const QuantizerMethod& m) { return m.name == name; });
  return found == methods_.end() ? nullptr : &*found;
}

std::vector<FieldDoc> QuantizerRegistry::common_fields() const {
  std::vector<FieldDoc> docs = QuantizerConfig::fields().docs();
  for (FieldDoc& doc : docs) {
    if (doc.name != "method") continue;
    Json words = Json::array();
    for (const QuantizerMethod& method : methods_) {
      doc.choices.push_back({method.name, method.summary});
      words.push_back(method.name);
    }
    doc.type = fmt::format("{}", fmt::join(names(), " | "));
    doc.schema["enum"] = std::move(words);
  }
  return docs;
}

DistortionPtr QuantizerRegistry::create(const ConfigNode& written, SiteTensor tensor,
                                        ConfigErrors& errors) const {
  const Index before = errors.count();
  const ConfigNode entry = QuantizerConfig::with_own_bits(written);
  QuantizerConfig values;
  const FieldTable<QuantizerConfig>& table = fields_of<QuantizerConfig>();
  table.read_fields(entry, values, errors);
  if (!entry.is_mapping()) return nullptr;

  const QuantizerMethod* method = find(values.method);
  if (method == nullptr) {
    std::vector<Choice> words;
    for (const QuantizerMethod& known : methods_) words.push_back({known.name, known.summary});
    errors.add(entry.find("method").value_or(entry),
               fmt::format("unknown method '{}'{}", values.method,
                           choice_suggestion(values.method, words)));
    values.check(entry, tensor, errors);
    return nullptr;
  }
  std::vector<std::string> known = table.names();
  for (const FieldDoc& doc : method->fields) known.push_back(doc.name);
  check_unknown_keys(entry, known, errors, table.other_keys());
  values.check(entry, tensor, errors);
  if (errors.count() != before) return nullptr;
  const auto core = [&](const QuantizerMethod& made_by) {
    return [&](const QuantizerConfig& of) { return made_by.create(of, entry, tensor, errors); };
  };
  const QuantizerMethod* rtn = find("rtn");
  DistortionPtr quantizer =
      build_quantizer(values, core(*method), core(rtn == nullptr ? *method : *rtn));
  return errors.count() == before ? quantizer : nullptr;
}

}  // namespace nf
