#include <fmt/format.h>

#include "tests/support/tensor_maker.h"

namespace nf {

TinyModel tiny_gpt2(const TinyOptions& o) {
  const Index h = o.hidden_size;
  TinyModel model;
  model.config = {{"architectures", Json::array({"GPT2LMHeadModel"})},
                  {"model_type", "gpt2"},
                  {"n_embd", h},
                  {"n_layer", o.layers},
                  {"n_head", o.heads},
                  {"n_inner", o.intermediate_size},
                  {"n_positions", o.max_position_embeddings},
                  {"vocab_size", o.vocab_size},
                  {"activation_function", "gelu_new"},
                  {"layer_norm_epsilon", 1e-5},
                  {"tie_word_embeddings", o.tied},
                  {"bos_token_id", 0},
                  {"torch_dtype", tiny_torch_dtype(o)}};

  TensorMaker maker(o, model.tensors);
  maker.table("transformer.wte", o.vocab_size, h);
  maker.table("transformer.wpe", o.max_position_embeddings, h);
  maker.norm("transformer.ln_f", {h}, true);
  for (Index layer = 0; layer < o.layers; ++layer) {
    const std::string block = fmt::format("transformer.h.{}.", layer);
    maker.norm(block + "ln_1", {h}, true);
    maker.transposed_linear(block + "attn.c_attn", 3 * h, h);
    maker.transposed_linear(block + "attn.c_proj", h, h);
    maker.norm(block + "ln_2", {h}, true);
    maker.transposed_linear(block + "mlp.c_fc", o.intermediate_size, h);
    maker.transposed_linear(block + "mlp.c_proj", h, o.intermediate_size);
  }
  if (!o.tied) maker.table("lm_head", o.vocab_size, h);
  return model;
}

TinyModel tiny_gpt_neox(const TinyOptions& o) {
  const Index h = o.hidden_size;
  TinyModel model;
  model.config = tiny_config(o, "gpt_neox", "GPTNeoXForCausalLM");
  model.config["intermediate_size"] = o.intermediate_size;
  model.config["hidden_act"] = "gelu";
  model.config["layer_norm_eps"] = 1e-5;
  model.config["attention_bias"] = o.biases;
  model.config["use_parallel_residual"] = true;
  model.config["rotary_pct"] = 0.25;
  model.config["rotary_emb_base"] = 10000;

  TensorMaker maker(o, model.tensors);
  maker.table("gpt_neox.embed_in", o.vocab_size, h);
  maker.norm("gpt_neox.final_layer_norm", {h}, true);
  for (Index layer = 0; layer < o.layers; ++layer) {
    const std::string block = fmt::format("gpt_neox.layers.{}.", layer);
    maker.norm(block + "input_layernorm", {h}, true);
    maker.norm(block + "post_attention_layernorm", {h}, true);
    maker.linear(block + "attention.query_key_value", 3 * h, h, o.biases);
    maker.linear(block + "attention.dense", h, h, o.biases);
    maker.linear(block + "mlp.dense_h_to_4h", o.intermediate_size, h, true);
    maker.linear(block + "mlp.dense_4h_to_h", h, o.intermediate_size, true);
  }
  if (!o.tied) maker.table("embed_out", o.vocab_size, h);
  return model;
}

TinyModel tiny_bloom(const TinyOptions& o) {
  const Index h = o.hidden_size;
  TinyModel model;
  model.config = {{"architectures", Json::array({"BloomForCausalLM"})},
                  {"model_type", "bloom"},
                  {"hidden_size", h},
                  {"n_layer", o.layers},
                  {"n_head", o.heads},
                  {"vocab_size", o.vocab_size},
                  {"layer_norm_epsilon", 1e-5},
                  {"apply_residual_connection_post_layernorm", false},
                  {"tie_word_embeddings", o.tied},
                  {"bos_token_id", 0},
                  {"torch_dtype", tiny_torch_dtype(o)}};

  TensorMaker maker(o, model.tensors);
  maker.table("transformer.word_embeddings", o.vocab_size, h);
  maker.norm("transformer.word_embeddings_layernorm", {h}, true);
  maker.norm("transformer.ln_f", {h}, true);
  for (Index layer = 0; layer < o.layers; ++layer) {
    const std::string block = fmt::format("transformer.h.{}.", layer);
    maker.norm(block + "input_layernorm", {h}, true);
    maker.linear(block + "self_attention.query_key_value", 3 * h, h, true);
    maker.linear(block + "self_attention.dense", h, h, true);
    maker.norm(block + "post_attention_layernorm", {h}, true);
    maker.linear(block + "mlp.dense_h_to_4h", 4 * h, h, true);
    maker.linear(block + "mlp.dense_4h_to_h", h, 4 * h, true);
  }
  if (!o.tied) maker.table("lm_head", o.vocab_size, h);
  return model;
}

}  // namespace nf
