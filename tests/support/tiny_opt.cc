#include <fmt/format.h>

#include "tests/support/tensor_maker.h"

namespace nf {

TinyModel tiny_opt(const TinyOptions& o) {
  const Index h = o.hidden_size;
  const Index e = o.embed_size == 0 ? h : o.embed_size;
  TinyModel model;
  model.config = tiny_config(o, "opt", "OPTForCausalLM");
  model.config["ffn_dim"] = o.intermediate_size;
  model.config["word_embed_proj_dim"] = e;
  model.config["do_layer_norm_before"] = true;
  model.config["activation_function"] = "relu";
  model.config["enable_bias"] = o.biases;

  TensorMaker maker(o, model.tensors);
  const std::string prefix = "model.decoder.";
  maker.table(prefix + "embed_tokens", o.vocab_size, e);
  maker.table(prefix + "embed_positions", o.max_position_embeddings + 2, h);
  if (e != h) {
    maker.linear(prefix + "project_in", h, e, false);
    maker.linear(prefix + "project_out", e, h, false);
  }
  maker.norm(prefix + "final_layer_norm", {h}, true);
  for (Index layer = 0; layer < o.layers; ++layer) {
    const std::string block = fmt::format("{}layers.{}.", prefix, layer);
    for (const char* role : {"q_proj", "k_proj", "v_proj", "out_proj"})
      maker.linear(block + "self_attn." + role, h, h, o.biases);
    maker.norm(block + "self_attn_layer_norm", {h}, true);
    maker.linear(block + "fc1", o.intermediate_size, h, o.biases);
    maker.linear(block + "fc2", h, o.intermediate_size, o.biases);
    maker.norm(block + "final_layer_norm", {h}, true);
  }
  if (!o.tied) maker.table("lm_head", o.vocab_size, e);
  return model;
}

TinyModel tiny_opt_350m(const TinyOptions& o) {
  TinyModel model = tiny_opt(o);
  model.config["do_layer_norm_before"] = false;
  model.remove("model.decoder.final_layer_norm.weight");
  model.remove("model.decoder.final_layer_norm.bias");
  return model;
}

}  // namespace nf
