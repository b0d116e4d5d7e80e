#include "tests/support/family_support.h"

#include <gtest/gtest.h>

#include "core/model/architecture.h"
#include "tests/support/decoder_forward.h"
#include "tests/support/golden_lines.h"
#include "tests/support/model_errors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tensor_near.h"

namespace nf {

DecoderSpec spec_of(const Json& config) {
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  const HfConfig fields(config, "config.json");
  return registry.find(fields).spec(fields, Checkpoint::without_weights(config));
}

Json with_fields(Json config, const std::vector<std::pair<std::string, Json>>& fields) {
  for (const auto& [field, value] : fields) config[field] = value;
  return config;
}

std::string refusal_of(const Json& config) {
  const std::string place = "config.json: ";
  const std::string message = data_error_of([&] { spec_of(config); });
  return message.starts_with(place) ? message.substr(place.size()) : message;
}

Matrix logits_of(const TinyModel& model) {
  const TempDir dir;
  model.write(dir.path());
  Decoder decoder = open_decoder(dir.path());
  const std::vector<std::int32_t> ids = random_ids(9, decoder.spec().vocab_size);
  return decoder_forward(decoder, ids).logits;
}

void expect_defaults(const TinyModel& model, const std::vector<std::string>& fields) {
  const Matrix expected = logits_of(model);
  TinyModel silent = model;
  for (const std::string& field : fields) {
    ASSERT_TRUE(silent.config.contains(field)) << field << " is not written to begin with";
    silent.config.erase(field);
  }
  EXPECT_TRUE(equal_bits(logits_of(silent), expected));
}

void expect_ignored(const TinyModel& model, const std::vector<TestTensor>& tensors) {
  TinyModel more = model;
  more.tensors.insert(more.tensors.end(), tensors.begin(), tensors.end());
  EXPECT_TRUE(equal_bits(logits_of(more), logits_of(model)));
}

void expect_same_under(const TinyModel& model, const std::string& prefix,
                       const std::string& shorter) {
  TinyModel renamed = model;
  for (TestTensor& tensor : renamed.tensors)
    if (tensor.name.starts_with(prefix)) tensor.name.replace(0, prefix.size(), shorter);
  EXPECT_NE(renamed.tensors.front().name, model.tensors.front().name);
  EXPECT_TRUE(equal_bits(logits_of(renamed), logits_of(model)));
}

void expect_golden_sites(const TinyModel& model, const std::string& family) {
  const TempDir dir;
  model.write(dir.path());
  std::vector<std::string> names;
  for (const Site& site : open_decoder(dir.path()).sites()) names.push_back(site.name());
  EXPECT_EQ(names, golden_lines("sites/" + family + ".txt"));
}

}  // namespace nf
