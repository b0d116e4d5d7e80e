#include "eval/run/weight_profile.h"

#include <algorithm>

namespace nf {
namespace {

SiteProfile profile_outer(const Decoder& decoder, Role role) {
  const DecoderSpec& spec = decoder.spec();
  SiteProfile profile{Site{.layer = 0, .role = role, .tensor = SiteTensor::weight}.name()};
  Matrix rows;
  for (Index first = 0; first < spec.vocab_size; first += rows.rows()) {
    rows.resize(std::min(kVocabChunk, spec.vocab_size - first), spec.embedding_size());
    decoder.read_outer(role, first, rows);
    profile.values.add_rows(rows);
  }
  decoder.release_outer(role);
  return profile;
}

}  // namespace

ProfileParts profile_weights(const Decoder& decoder, const std::function<void()>& before_each) {
  const DecoderSpec& spec = decoder.spec();
  ProfileParts parts;
  before_each();
  parts.sites.push_back(profile_outer(decoder, Role::embed_tokens));
  Matrix weight;
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer)
    for (const LinearTensors& linear : spec.block(layer).linears) {
      before_each();
      weight.resize(linear.out, linear.in);
      decoder.read_weight(layer, linear.role, weight);
      SiteProfile& site = parts.sites.emplace_back(SiteProfile{
          Site{.layer = layer, .role = linear.role, .tensor = SiteTensor::weight}.name()});
      site.values.add_rows(weight);
    }
  before_each();
  if (spec.lm_head != spec.embed_tokens)
    parts.sites.push_back(profile_outer(decoder, Role::lm_head));
  return parts;
}

}  // namespace nf
