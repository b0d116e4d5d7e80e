#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// One value of a pickle, as data: nothing is looked up, made or called. A call that the pickle
/// asks of Python stays a function's name and its arguments.
struct PickleValue {
  enum class Kind {
    none,
    boolean,     ///< integer: 0 or 1
    integer,     ///< integer
    real,        ///< its value is not kept: no tensor needs one
    text,        ///< text, UTF-8
    tuple,       ///< items
    list,        ///< items
    dict,        ///< items: key, value, key, value, ... (also collections.OrderedDict)
    global,      ///< text: "torch._utils._rebuild_tensor_v2"
    persistent,  ///< items: the id that stands for something outside the pickle
    call,        ///< items: a global and the tuple of its arguments
  };
  Kind kind = Kind::none;
  Index integer = 0;
  std::string_view text;
  std::vector<const PickleValue*> items;
};

/// "an integer", "a dict": for messages.
std::string_view pickle_kind_name(PickleValue::Kind kind);

/// A whole pickle. Values may be shared, and lists and dicts may contain themselves. Move-only.
class PickleTree {
 public:
  PickleTree(std::deque<PickleValue> values, const PickleValue& root);
  PickleTree(PickleTree&&) = default;
  PickleTree& operator=(PickleTree&&) = default;

  const PickleValue& root() const { return *root_; }

 private:
  std::deque<PickleValue> values_;  ///< a deque keeps its elements in place, moves included
  const PickleValue* root_;
};

/// Reads the opcodes of protocols 2 to 5 that containers of tensors need, and refuses every other
/// opcode, every global that is not in `globals` ("collections.OrderedDict" is always known) and
/// every broken or unreasonably large pickle. DataError "PLACE: byte N: CAUSE". Texts point into
/// `bytes` and into `globals`. Opcodes: https://docs.python.org/3/library/pickletools.html
PickleTree read_pickle(std::span<const std::byte> bytes, const std::string& place,
                       std::span<const std::string_view> globals);

}  // namespace nf
