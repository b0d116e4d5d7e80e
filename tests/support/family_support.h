#pragma once

/// Helpers that the tests of the model families share.

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/model/decoder_spec.h"
#include "core/tensor/matrix.h"
#include "tests/support/tiny_model.h"

namespace nf {

/// The spec that the built-in families make of a config.json, which errors call "config.json".
/// Tensors have the outer prefix.
DecoderSpec spec_of(const Json& config);

/// `config` with other values of some fields.
Json with_fields(Json config, const std::vector<std::pair<std::string, Json>>& fields);

/// The message about `config`, without "config.json: " before it; "no error" where it is accepted.
std::string refusal_of(const Json& config);

/// Logits of the same few tokens for every model.
Matrix logits_of(const TinyModel& model);

/// The same numbers, bit for bit, without these fields of config.json.
void expect_defaults(const TinyModel& model, const std::vector<std::string>& fields);
/// The same numbers, bit for bit, beside these tensors.
void expect_ignored(const TinyModel& model, const std::vector<TestTensor>& tensors);
/// The same numbers, bit for bit, where names begin with `shorter` instead of `prefix`.
void expect_same_under(const TinyModel& model, const std::string& prefix,
                       const std::string& shorter);

/// The model's sites are those of tests/golden/sites/`family`.txt.
void expect_golden_sites(const TinyModel& model, const std::string& family);

}  // namespace nf
