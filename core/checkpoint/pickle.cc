#include "core/checkpoint/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "core/base/printable.h"
#include "core/checkpoint/pickle_opcodes.h"
#include "core/io/byte_cursor.h"

namespace nf {
namespace {

using Kind = PickleValue::Kind;

/// A tensor takes about 200 bytes and 25 values: these bounds are far above the largest models, and
/// keep a hostile file from asking for more than about a gigabyte.
constexpr Index kMaxPickleBytes = Index{64} << 20;
constexpr std::size_t kMaxValues = std::size_t{1} << 21;
/// Python's writers put at most 1000 pairs on the stack.
constexpr std::size_t kMaxStack = std::size_t{1} << 20;
/// Longest text; names of tensors have a hundred bytes at most.
constexpr Index kMaxText = Index{64} << 10;
/// Longest module or name of a global.
constexpr Index kMaxGlobal = 256;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";

std::string opcode_text(unsigned char opcode) {
  return opcode > 0x20 && opcode < 0x7f ? fmt::format("'{}'", static_cast<char>(opcode))
                                        : fmt::format("0x{:02x}", opcode);
}

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& place,
          std::span<const std::string_view> globals)
      : cursor_(bytes, place), globals_(globals) {}

  PickleTree run() {
    if (cursor_.size() > kMaxPickleBytes)
      cursor_.fail(fmt::format("{} bytes are more than the {} that are read", cursor_.size(),
                               kMaxPickleBytes));
    for (;;) {
      opcode_at_ = cursor_.at();
      const unsigned char opcode = cursor_.number<std::uint8_t>();
      if (opcode == opcode::kStop) break;
      step(opcode);
    }
    const PickleValue& root = *pop();
    if (!stack_.empty() || !marks_.empty() || cursor_.left() > 0) fail("something is left over");
    return {std::move(values_), root};
  }

 private:
  [[noreturn]] void fail(const std::string& cause) const { cursor_.fail_at(opcode_at_, cause); }

  void step(unsigned char opcode) {
    switch (opcode) {
      case opcode::kProto:
        return check_protocol();
      case opcode::kFrame:  // only groups what follows
        return cursor_.skip(8);
      case opcode::kMark:
        if (marks_.size() >= kMaxStack) fail("too many open marks");
        return marks_.push_back(stack_.size());

      case opcode::kNone:
        return push_plain(Kind::none);
      case opcode::kNewTrue:
        return push_integer(Kind::boolean, 1);
      case opcode::kNewFalse:
        return push_integer(Kind::boolean, 0);
      case opcode::kBinInt:
        return push_integer(Kind::integer,
                            static_cast<std::int32_t>(cursor_.number<std::uint32_t>()));
      case opcode::kBinInt1:
        return push_integer(Kind::integer, cursor_.number<std::uint8_t>());
      case opcode::kBinInt2:
        return push_integer(Kind::integer, cursor_.number<std::uint16_t>());
      case opcode::kLong1:
        return push_long();
      case opcode::kBinFloat:
        cursor_.skip(8);
        return push_plain(Kind::real);
      case opcode::kBinUnicode:
        return push_text(cursor_.number<std::uint32_t>());
      case opcode::kShortBinUnicode:
        return push_text(cursor_.number<std::uint8_t>());

      case opcode::kEmptyTuple:
        return push_plain(Kind::tuple);
      case opcode::kTuple1:
        return push_tuple(take(1));
      case opcode::kTuple2:
        return push_tuple(take(2));
      case opcode::kTuple3:
        return push_tuple(take(3));
      case opcode::kTuple:
        return push_tuple(take_marked());
      case opcode::kEmptyList:
        return push_plain(Kind::list);
      case opcode::kAppend:
        return extend(Kind::list, take(1));
      case opcode::kAppends:
        return extend(Kind::list, take_marked());
      case opcode::kEmptyDict:
        return push_plain(Kind::dict);
      case opcode::kSetItem:
        return extend(Kind::dict, take(2));
      case opcode::kSetItems:
        return extend(Kind::dict, take_marked());
      case opcode::kBuild:
        return drop_state();

      case opcode::kBinPut:
        return remember(cursor_.number<std::uint8_t>());
      case opcode::kLongBinPut:
        return remember(cursor_.number<std::uint32_t>());
      case opcode::kMemoize:
        return remember(memo_.size());
      case opcode::kBinGet:
        return recall(cursor_.number<std::uint8_t>());
      case opcode::kLongBinGet:
        return recall(cursor_.number<std::uint32_t>());

      case opcode::kGlobal:
        return push_global_lines();
      case opcode::kStackGlobal:
        return push_stack_global();
      case opcode::kReduce:
        return reduce();
      case opcode::kBinPersId:
        return push_items(Kind::persistent, take(1));
      default:
        fail(
            fmt::format("opcode {} is not one that tensors need; nothing of a checkpoint is "
                        "executed",
                        opcode_text(opcode)));
    }
  }

  void check_protocol() {
    const int protocol = cursor_.number<std::uint8_t>();
    if (protocol < 2 || protocol > 5) fail(fmt::format("unknown pickle protocol {}", protocol));
  }

  // Values.

  PickleValue& push(Kind kind) {
    if (values_.size() >= kMaxValues) fail(fmt::format("more than {} values", kMaxValues));
    PickleValue& value = values_.emplace_back();
    value.kind = kind;
    push_known(&value);
    return value;
  }
  void push_known(PickleValue* value) {
    if (stack_.size() >= kMaxStack) fail(fmt::format("more than {} values at once", kMaxStack));
    stack_.push_back(value);
  }
  void push_plain(Kind kind) { push(kind); }
  void push_integer(Kind kind, Index integer) { push(kind).integer = integer; }
  void push_text(Index bytes) {
    if (bytes > kMaxText) fail(fmt::format("a text of {} bytes", bytes));
    push(Kind::text).text = cursor_.text(bytes);
  }
  void push_items(Kind kind, std::vector<const PickleValue*> items) {
    push(kind).items = std::move(items);
  }
  void push_tuple(std::vector<const PickleValue*> items) {
    push_items(Kind::tuple, std::move(items));
  }

  /// Two's complement, the lowest byte first.
  void push_long() {
    const std::string_view bytes = cursor_.text(cursor_.number<std::uint8_t>());
    if (bytes.size() > 8) fail(fmt::format("an integer of {} bytes", bytes.size()));
    const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    push_integer(Kind::integer, static_cast<Index>(value));
  }

  // The stack. What lies below the last mark is out of reach until the mark is taken.

  std::size_t reachable() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  PickleValue* pop() {
    if (reachable() < 1) fail("a value is missing");
    PickleValue* const value = stack_.back();
    stack_.pop_back();
    return value;
  }
  PickleValue& top() {
    if (reachable() < 1) fail("a value is missing");
    return *stack_.back();
  }
  std::vector<const PickleValue*> take(std::size_t count) {
    if (reachable() < count) fail("a value is missing");
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<const PickleValue*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return items;
  }
  std::vector<const PickleValue*> take_marked() {
    if (marks_.empty()) fail("a mark is missing");
    std::vector<const PickleValue*> items = take(reachable());
    marks_.pop_back();
    return items;
  }

  // Containers.

  void extend(Kind kind, const std::vector<const PickleValue*>& items) {
    PickleValue& container = top();
    if (container.kind != kind)
      fail(fmt::format("items for a {}, found {}", kind == Kind::dict ? "dict" : "list",
                       pickle_kind_name(container.kind)));
    if (kind == Kind::dict && items.size() % 2 != 0) fail("a key without a value");
    container.items.insert(container.items.end(), items.begin(), items.end());
  }

  /// Attributes of a dict, of which a state dict has one, `_metadata`: version numbers of modules.
  void drop_state() {
    pop();
    if (top().kind != Kind::dict)
      fail(fmt::format("attributes for {}; only those of a dict are passed over",
                       pickle_kind_name(top().kind)));
  }

  // The memo.

  void remember(std::size_t id) {
    if (id >= kMaxValues) fail(fmt::format("memo entry {} is above {}", id, kMaxValues));
    if (id >= memo_.size()) memo_.resize(id + 1, nullptr);
    memo_[id] = &top();
  }
  void recall(std::size_t id) {
    if (id >= memo_.size() || memo_[id] == nullptr) fail(fmt::format("no memo entry {}", id));
    push_known(memo_[id]);
  }

  // Names and calls.

  void push_global(std::string_view module, std::string_view name) {
    const std::string full = fmt::format("{}.{}", module, name);
    const auto known = std::find(globals_.begin(), globals_.end(), full);
    if (full == kOrderedDict) {
      push(Kind::global).text = kOrderedDict;
    } else if (known != globals_.end()) {
      push(Kind::global).text = *known;
    } else {
      fail(
          fmt::format("global '{}' is not one that tensors need; nothing of a checkpoint is "
                      "executed",
                      printable(full)));
    }
  }
  void push_global_lines() {
    const std::string_view module = cursor_.line(kMaxGlobal);
    const std::string_view name = cursor_.line(kMaxGlobal);
    push_global(module, name);
  }
  void push_stack_global() {
    const PickleValue& name = *pop();
    const PickleValue& module = *pop();
    if (name.kind != Kind::text || module.kind != Kind::text)
      fail("the name of a global is not a text");
    push_global(module.text.substr(0, kMaxGlobal), name.text.substr(0, kMaxGlobal));
  }
  void reduce() {
    const PickleValue* const arguments = pop();
    const PickleValue* const function = pop();
    if (function->kind != Kind::global || arguments->kind != Kind::tuple)
      fail(fmt::format("a call of {} with {}", pickle_kind_name(function->kind),
                       pickle_kind_name(arguments->kind)));
    if (function->text != kOrderedDict) return push_items(Kind::call, {function, arguments});
    if (!arguments->items.empty()) fail("an OrderedDict with arguments");
    push(Kind::dict);
  }

  ByteCursor cursor_;
  std::span<const std::string_view> globals_;
  Index opcode_at_ = 0;
  std::deque<PickleValue> values_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  ///< sizes of stack_
  std::vector<PickleValue*> memo_;
};

}  // namespace

std::string_view pickle_kind_name(Kind kind) {
  switch (kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return "a truth value";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::tuple:
      return "a tuple";
    case Kind::list:
      return "a list";
    case Kind::dict:
      return "a dict";
    case Kind::global:
      return "the name of a class or function";
    case Kind::persistent:
      return "a storage";
    case Kind::call:
      return "an object";
  }
  NF_CHECK(false, "kind {}", static_cast<int>(kind));
}

PickleTree::PickleTree(std::deque<PickleValue> values, const PickleValue& root)
    : values_(std::move(values)), root_(&root) {}

PickleTree read_pickle(std::span<const std::byte> bytes, const std::string& place,
                       std::span<const std::string_view> globals) {
  return Machine(bytes, place, globals).run();
}

}  // namespace nf
