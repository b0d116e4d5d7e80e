#include <fmt/format.h>

#include "tests/support/tensor_maker.h"

namespace nf {
namespace {

/// The tensors that Llama's relatives add to it or leave out.
struct LlamaTensors {
  bool qkv_bias = false, output_bias = false, mlp_bias = false;
  bool norm_bias = false;
  bool mlp_norm = true;
  std::vector<Index> q_norm{}, k_norm{};  ///< shapes; empty: none
};

void add_llama_tensors(TinyModel& model, const TinyOptions& o, const LlamaTensors& has) {
  model.config["intermediate_size"] = o.intermediate_size;
  model.config["num_key_value_heads"] = o.key_value_heads;
  model.config["hidden_act"] = "silu";
  model.config["rope_theta"] = 10000.0;
  if (o.head_dim != 0) model.config["head_dim"] = o.head_dim;

  TensorMaker maker(o, model.tensors);
  const Index h = o.hidden_size;
  const Index queries = o.heads * tiny_head_dim(o);
  const Index keys = o.key_value_heads * tiny_head_dim(o);
  maker.table("model.embed_tokens", o.vocab_size, h);
  maker.norm("model.norm", {h}, has.norm_bias);
  for (Index layer = 0; layer < o.layers; ++layer) {
    const std::string block = fmt::format("model.layers.{}.", layer);
    maker.linear(block + "self_attn.q_proj", queries, h, has.qkv_bias);
    maker.linear(block + "self_attn.k_proj", keys, h, has.qkv_bias);
    maker.linear(block + "self_attn.v_proj", keys, h, has.qkv_bias);
    maker.linear(block + "self_attn.o_proj", h, queries, has.output_bias);
    if (!has.q_norm.empty()) maker.norm(block + "self_attn.q_norm", has.q_norm, false);
    if (!has.k_norm.empty()) maker.norm(block + "self_attn.k_norm", has.k_norm, false);
    maker.norm(block + "input_layernorm", {h}, has.norm_bias);
    if (has.mlp_norm) maker.norm(block + "post_attention_layernorm", {h}, has.norm_bias);
    maker.linear(block + "mlp.gate_proj", o.intermediate_size, h, has.mlp_bias);
    maker.linear(block + "mlp.up_proj", o.intermediate_size, h, has.mlp_bias);
    maker.linear(block + "mlp.down_proj", h, o.intermediate_size, has.mlp_bias);
  }
  if (!o.tied) maker.table("lm_head", o.vocab_size, h);
}

}  // namespace

TinyModel tiny_llama(const TinyOptions& o) {
  TinyModel model;
  model.config = tiny_config(o, "llama", "LlamaForCausalLM");
  model.config["rms_norm_eps"] = 1e-5;
  model.config["attention_bias"] = o.biases;
  model.config["mlp_bias"] = o.biases;
  add_llama_tensors(model, o,
                    {.qkv_bias = o.biases, .output_bias = o.biases, .mlp_bias = o.biases});
  return model;
}

TinyModel tiny_mistral(const TinyOptions& o) {
  TinyModel model;
  model.config = tiny_config(o, "mistral", "MistralForCausalLM");
  model.config["rms_norm_eps"] = 1e-5;
  model.config["sliding_window"] = 24;
  add_llama_tensors(model, o, {});
  return model;
}

TinyModel tiny_cohere(const TinyOptions& o) {
  TinyModel model;
  model.config = tiny_config(o, "cohere", "CohereForCausalLM");
  model.config["layer_norm_eps"] = 1e-5;
  model.config["logit_scale"] = 0.25;
  model.config["attention_bias"] = o.biases;
  model.config["use_qk_norm"] = o.qk_norms;
  LlamaTensors has{.qkv_bias = o.biases, .output_bias = o.biases, .mlp_norm = false};
  if (o.qk_norms) {
    has.q_norm = {o.heads, tiny_head_dim(o)};
    has.k_norm = {o.key_value_heads, tiny_head_dim(o)};
  }
  add_llama_tensors(model, o, has);
  return model;
}

TinyModel tiny_qwen2(const TinyOptions& o) {
  TinyModel model;
  model.config = tiny_config(o, "qwen2", "Qwen2ForCausalLM");
  model.config["rms_norm_eps"] = 1e-6;
  model.config["use_sliding_window"] = false;
  add_llama_tensors(model, o, {.qkv_bias = true});
  return model;
}

TinyModel tiny_qwen3(const TinyOptions& o) {
  TinyModel model;
  model.config = tiny_config(o, "qwen3", "Qwen3ForCausalLM");
  model.config["rms_norm_eps"] = 1e-6;
  model.config["attention_bias"] = o.biases;
  model.config["use_sliding_window"] = false;
  model.config["head_dim"] = tiny_head_dim(o);
  add_llama_tensors(model, o,
                    {.qkv_bias = o.biases,
                     .output_bias = o.biases,
                     .q_norm = {tiny_head_dim(o)},
                     .k_norm = {tiny_head_dim(o)}});
  return model;
}

}  // namespace nf
