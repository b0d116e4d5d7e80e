#include <omp.h>

#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <set>
#include <shared_mutex>
#include <tuple>
#include <unordered_map>

#include "core/base/check.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_backend.h"
#include "core/tensor/matrix.h"

namespace nf {
namespace {

using dnnl::memory;

/// One thread inside a product: oneDNN asks OpenMP for the number of threads when a primitive is
/// made and when it runs, so both happen under this guard. (In a team of one, omp_in_parallel() is
/// false and oneDNN would open a team of its own.)
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& thread_stream() {
  thread_local dnnl::stream stream(cpu_engine());
  return stream;
}

memory::data_type weight_type(Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::f32) return memory::data_type::f32;
  return arithmetic == Arithmetic::bf16 ? memory::data_type::bf16 : memory::data_type::s8;
}

/// dst[m, n] (+)= src[m, k] · weights[k, n] + bias. Everything that decides which primitive it is.
struct ProductShape {
  Index m = kRowTile;
  Index k = 0;
  Index n = 0;
  Index src_stride = 0;
  Index dst_stride = 0;
  Index weights_stride = 0;  ///< 0: packed, in the layout oneDNN chooses
  bool weights_transposed = false;
  bool bias = false;
  Epilogue epilogue = Epilogue::store;
  Arithmetic arithmetic = Arithmetic::f32;

  auto key() const {
    return std::tie(m, k, n, src_stride, dst_stride, weights_stride, weights_transposed, bias,
                    epilogue, arithmetic);
  }
  memory::data_type src() const {
    return arithmetic == Arithmetic::int8 ? memory::data_type::u8 : weight_type(arithmetic);
  }
  memory::data_type dst() const {
    return arithmetic == Arithmetic::int8 ? memory::data_type::s32 : memory::data_type::f32;
  }
  bool operator<(const ProductShape& other) const { return key() < other.key(); }
};

struct Product {
  memory::desc src, weights, bias, dst, scratchpad;
  dnnl::matmul primitive;
  std::string implementation;
};

memory::desc strided(Index rows, Index cols, Index row_stride, Index col_stride,
                     memory::data_type type = memory::data_type::f32) {
  return {{rows, cols}, type, memory::dims{row_stride, col_stride}};
}

std::mutex names_mutex;
std::set<std::string>& implementation_names() {
  static std::set<std::string> names;
  return names;
}

void append_relu(dnnl::post_ops& ops) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#else
  ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
}

const Product& product(const ProductShape& shape);

/// The layout of a packed weight [n, k]: what oneDNN chooses for the plain product. The other
/// epilogues take it as it is.
memory::desc packed_layout(Index k, Index n, Arithmetic arithmetic) {
  return product({.k = k, .n = n, .src_stride = k, .dst_stride = n, .arithmetic = arithmetic})
      .weights;
}

Product make_product(const ProductShape& shape) {
  const OneThread guard;
  Product p;
  const memory::data_type type = weight_type(shape.arithmetic);
  p.src = strided(shape.m, shape.k, shape.src_stride, 1, shape.src());
  p.dst = strided(shape.m, shape.n, shape.dst_stride, 1, shape.dst());
  if (shape.weights_stride == 0 && (shape.bias || shape.epilogue != Epilogue::store))
    p.weights = packed_layout(shape.k, shape.n, shape.arithmetic);
  else if (shape.weights_stride == 0)
    p.weights = memory::desc({shape.k, shape.n}, type, memory::format_tag::any);
  else if (shape.weights_transposed)
    p.weights = strided(shape.k, shape.n, 1, shape.weights_stride, type);
  else
    p.weights = strided(shape.k, shape.n, shape.weights_stride, 1, type);
  if (shape.bias) p.bias = strided(1, shape.n, shape.n, 1);

  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(
      dnnl::scratchpad_mode::user);  // ours, per thread: no allocation in a product
  dnnl::post_ops post_ops;
  if (shape.epilogue == Epilogue::add) post_ops.append_sum(1.0f);
  if (shape.epilogue == Epilogue::relu) append_relu(post_ops);
  attr.set_post_ops(post_ops);
#if DNNL_VERSION_MAJOR >= 3
  const auto& e = cpu_engine();
  const auto pd = shape.bias
                      ? dnnl::matmul::primitive_desc(e, p.src, p.weights, p.bias, p.dst, attr)
                      : dnnl::matmul::primitive_desc(e, p.src, p.weights, p.dst, attr);
#else
  const auto desc = shape.bias ? dnnl::matmul::desc(p.src, p.weights, p.bias, p.dst)
                               : dnnl::matmul::desc(p.src, p.weights, p.dst);
  const dnnl::matmul::primitive_desc pd(desc, attr, cpu_engine());
#endif
  p.weights = pd.weights_desc();
  p.scratchpad = pd.scratchpad_desc();
  p.primitive = dnnl::matmul(pd);
  p.implementation = pd.impl_info_str();
  const std::lock_guard lock(names_mutex);
  implementation_names().insert(p.implementation);
  return p;
}

/// The sets that include others have their bits as well.
bool has_isa(dnnl_cpu_isa_t isa) {
  const auto wanted = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
}

/// Made once per shape and process, then shared: creation costs a JIT compilation (0.1-0.5 ms).
const Product& product(const ProductShape& shape) {
  static std::shared_mutex mutex;
  static std::map<ProductShape, std::unique_ptr<const Product>> products;
  {
    const std::shared_lock lock(mutex);
    if (const auto it = products.find(shape); it != products.end()) return *it->second;
  }
  auto made = std::make_unique<const Product>(make_product(shape));
  const std::unique_lock lock(mutex);
  return *products.emplace(shape, std::move(made)).first->second;
}

/// oneDNN's description of a layout as ours, of words of four bytes; nothing where it is of another
/// kind. elements: in a word.
std::optional<BlockedLayout> blocked_layout(const memory::desc& layout, Index elements) {
  BlockedDescription d;
  d.floats = static_cast<Index>(layout.get_size() / sizeof(float)) * elements;
#if DNNL_VERSION_MAJOR >= 3
  if (layout.get_format_kind() != memory::format_kind::blocked) return std::nullopt;
  const memory::dims sizes = layout.get_dims(), padded = layout.get_padded_dims(),
                     strides = layout.get_strides(), blocks = layout.get_inner_blks(),
                     dimensions = layout.get_inner_idxs();
  const auto inner = blocks.size();
#else
  if (layout.data.format_kind != dnnl_blocked) return std::nullopt;
  const auto& [strides, inner_count, blocks, dimensions] = layout.data.format_desc.blocking;
  const auto& sizes = layout.data.dims;
  const auto& padded = layout.data.padded_dims;
  const auto inner = static_cast<std::size_t>(inner_count);
#endif
  for (std::size_t i = 0; i < 2; ++i) {
    d.sizes[i] = sizes[i];
    d.padded[i] = padded[i];
    d.strides[i] = strides[i];
  }
  for (std::size_t i = 0; i < inner; ++i)
    d.inner.push_back({static_cast<int>(dimensions[i]), blocks[i]});
  const std::optional<BlockedDescription> words = in_words(d, elements);
  return words ? BlockedLayout::from(*words) : std::nullopt;
}

memory wrap(const memory::desc& desc, const void* data) {
  return {desc, cpu_engine(), const_cast<void*>(data)};
}

void* thread_scratch(std::size_t bytes) {
  thread_local Matrix scratch;
  scratch.resize(1, static_cast<Index>((bytes + sizeof(float) - 1) / sizeof(float)));
  return scratch.data();
}

void execute(const Product& p, const void* src, const void* weights, const float* bias, void* dst) {
  const OneThread guard;
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, wrap(p.src, src)},
                                               {DNNL_ARG_WEIGHTS, wrap(p.weights, weights)},
                                               {DNNL_ARG_DST, wrap(p.dst, dst)}};
  if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, wrap(p.bias, bias));
  if (const std::size_t bytes = p.scratchpad.get_size(); bytes > 0)
    arguments.emplace(DNNL_ARG_SCRATCHPAD, wrap(p.scratchpad, thread_scratch(bytes)));
  p.primitive.execute(thread_stream(), arguments);
  thread_stream().wait();
}

/// The two operands where they lie.
struct Operands {
  const void *a = nullptr, *b = nullptr;
  Index rows = 0, inner = 0, a_stride = 0, b_stride = 0;
  Arithmetic arithmetic = Arithmetic::f32;
};

Operands operands(ConstMatrixView a, ConstMatrixView b) {
  return {a.data(), b.data(), a.rows(), a.cols(), a.stride(), b.stride(), Arithmetic::f32};
}
Operands operands(Bf16View a, Bf16View b) {
  return {a.data, b.data, a.rows, a.cols, a.stride, b.stride, Arithmetic::bf16};
}

void matmul(const Operands& o, MatrixView c, bool transposed, Epilogue epilogue = Epilogue::store) {
  NF_CHECK(o.rows == c.rows(), "tiles of {} and {} rows", o.rows, c.rows());
  const ProductShape shape{.m = o.rows,
                           .k = o.inner,
                           .n = c.cols(),
                           .src_stride = o.a_stride,
                           .dst_stride = c.stride(),
                           .weights_stride = o.b_stride,
                           .weights_transposed = transposed,
                           .epilogue = epilogue,
                           .arithmetic = o.arithmetic};
  execute(product(shape), o.a, o.b, nullptr, c.data());
}

void check_nt(Index a_rows, Index a_cols, Index b_rows, Index b_cols, MatrixView c) {
  NF_CHECK(a_cols == b_cols && b_rows == c.cols(), "[{}, {}]·[{}, {}]ᵀ", a_rows, a_cols, b_rows,
           b_cols);
}
void check_nn(Index a_rows, Index a_cols, Index b_rows, Index b_cols, MatrixView c) {
  NF_CHECK(a_cols == b_rows && b_cols == c.cols(), "[{}, {}]·[{}, {}]", a_rows, a_cols, b_rows,
           b_cols);
}

}  // namespace

Index values_in_word(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::f32 ? 1 : arithmetic == Arithmetic::bf16 ? 2 : 4;
}

PackedForm packed_form(Index out, Index in, Arithmetic arithmetic) {
  const memory::desc layout = packed_layout(in, out, arithmetic);
  const Index words = static_cast<Index>((layout.get_size() + sizeof(float) - 1) / sizeof(float));
  return {words, blocked_layout(layout, values_in_word(arithmetic))};
}

void reorder_weight(ConstMatrixView w, float* packed, Arithmetic arithmetic, Index in) {
  const OneThread guard;
  const bool codes = arithmetic == Arithmetic::int8;
  const Index cols = codes ? in : w.cols();
  memory from = wrap(codes ? strided(cols, w.rows(), 1, 4 * w.stride(), memory::data_type::s8)
                           : strided(cols, w.rows(), 1, w.stride()),
                     w.data());
  memory to = wrap(packed_layout(cols, w.rows(), arithmetic), packed);
  dnnl::reorder(from, to).execute(thread_stream(), from, to);
  thread_stream().wait();
}

void multiply_tile(const void* x, const PackedWeight& w, const float* bias, float* y,
                   Epilogue epilogue) {
  const ProductShape shape{.k = w.in(),
                           .n = w.out(),
                           .src_stride = w.in(),
                           .dst_stride = w.out(),
                           .bias = bias != nullptr,
                           .epilogue = epilogue,
                           .arithmetic = w.arithmetic()};
  execute(product(shape), x, w.values().data(), bias, y);
}

void multiply_codes(const std::uint8_t* x, const PackedWeight& w, std::int32_t* sums) {
  const ProductShape shape{.k = w.in(),
                           .n = w.out(),
                           .src_stride = w.in(),
                           .dst_stride = w.out(),
                           .arithmetic = Arithmetic::int8};
  execute(product(shape), x, w.values().data(), nullptr, sums);
}

void matmul_nt(ConstMatrixView a, ConstMatrixView b, MatrixView c) {
  check_nt(a.rows(), a.cols(), b.rows(), b.cols(), c);
  matmul(operands(a, b), c, true);
}

void matmul_nt(Bf16View a, Bf16View b, MatrixView c) {
  check_nt(a.rows, a.cols, b.rows, b.cols, c);
  matmul(operands(a, b), c, true);
}

void matmul_nn(ConstMatrixView a, ConstMatrixView b, MatrixView c, Epilogue epilogue) {
  check_nn(a.rows(), a.cols(), b.rows(), b.cols(), c);
  matmul(operands(a, b), c, false, epilogue);
}

void matmul_nn(Bf16View a, Bf16View b, MatrixView c) {
  check_nn(a.rows, a.cols, b.rows, b.cols, c);
  matmul(operands(a, b), c, false);
}

bool bf16_is_native() { return has_isa(dnnl_cpu_isa_avx512_core_bf16); }

bool int8_is_native() {
  return has_isa(dnnl_cpu_isa_avx512_core_vnni) || has_isa(dnnl_cpu_isa_avx2_vnni);
}

std::string gemm_library() {
  const dnnl_version_t* v = dnnl_version();
  return fmt::format("oneDNN {}.{}.{}", v->major, v->minor, v->patch);
}

std::string gemm_isa() {
  // The names of dnnl_cpu_isa_t that occur on x86-64, in both major versions.
  switch (static_cast<int>(dnnl::get_effective_cpu_isa())) {
    case dnnl_cpu_isa_sse41:
      return "sse41";
    case dnnl_cpu_isa_avx:
      return "avx";
    case dnnl_cpu_isa_avx2:
      return "avx2";
    case dnnl_cpu_isa_avx2_vnni:
      return "avx2_vnni";
    case dnnl_cpu_isa_avx512_core:
      return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni:
      return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16:
      return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx:
      return "avx512_core_amx";
    default:
      return fmt::format("isa_{:#x}", static_cast<int>(dnnl::get_effective_cpu_isa()));
  }
}

bool limit_gemm_isa(const std::string& name) {
  constexpr std::pair<const char*, dnnl_cpu_isa_t> kNames[] = {
      {"sse41", dnnl_cpu_isa_sse41},
      {"avx2", dnnl_cpu_isa_avx2},
      {"avx512_core", dnnl_cpu_isa_avx512_core},
      {"avx512_core_vnni", dnnl_cpu_isa_avx512_core_vnni},
      {"avx512_core_bf16", dnnl_cpu_isa_avx512_core_bf16}};
  for (const auto& [known, isa] : kNames)
    if (name == known) dnnl_set_max_cpu_isa(isa);
  return gemm_isa() == name;  // whether oneDNN took it or not
}

std::string gemm_probe() {
  return product({.k = 64, .n = 64, .src_stride = 64, .dst_stride = 64}).implementation;
}

std::vector<std::string> gemm_implementations() {
  const std::lock_guard lock(names_mutex);
  return {implementation_names().begin(), implementation_names().end()};
}

}  // namespace nf
