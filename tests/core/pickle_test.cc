#include "core/checkpoint/pickle.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/checkpoint/pickle_opcodes.h"

namespace nf {
namespace {

using Kind = PickleValue::Kind;
using std::string_literals::operator""s;  // NOLINT(misc-unused-using-decls): of the literals below

constexpr std::array<std::string_view, 2> kGlobals{"torch.FloatStorage", "torch.Size"};

PickleTree read(const std::string& bytes) {
  return read_pickle(std::as_bytes(std::span(bytes)), "p", kGlobals);
}

std::string message_of(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pickle, ReadsNumbers) {
  const struct {
    std::string bytes;
    Index value;
  } table[] = {
      {"K\xff."s, 255},
      {"M\x01\xff."s, 0xff01},
      {"J\xff\xff\xff\xff."s, -1},
      {"J\0\0\0\x7f."s, 0x7f000000},
      {"\x8a\0."s, 0},
      {"\x8a\1\xfe."s, -2},
      {"\x8a\5\1\0\0\0\1."s, (Index{1} << 32) + 1},
      {"\x8a\5\0\0\0\0\xff."s, -(Index{1} << 32)},
      {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."s, INT64_MAX},
  };
  for (const auto& row : table) {
    const PickleTree tree = read(row.bytes);
    EXPECT_EQ(tree.root().kind, Kind::integer);
    EXPECT_EQ(tree.root().integer, row.value);
  }
  EXPECT_EQ(read("N.").root().kind, Kind::none);
  EXPECT_EQ(read("G12345678.").root().kind, Kind::real);
  EXPECT_EQ(read("\x88.").root().kind, Kind::boolean);
  EXPECT_EQ(read("\x88.").root().integer, 1);
  EXPECT_EQ(read("\x89.").root().integer, 0);
}

TEST(Pickle, ReadsTexts) {
  const std::string bytes = "X\3\0\0\0a\nb\x8c\2cd\x86."s;
  const PickleTree tree = read(bytes);
  ASSERT_EQ(tree.root().items.size(), 2u);
  EXPECT_EQ(tree.root().items[0]->text, "a\nb");
  EXPECT_EQ(tree.root().items[1]->text, "cd");
  EXPECT_EQ(tree.root().items[0]->text.data(), bytes.data() + 5) << "points into the bytes";
}

TEST(Pickle, ReadsContainers) {
  for (const auto& [bytes, sizes] : std::vector<std::pair<std::string, std::size_t>>{
           {").", 0}, {"K\1\x85.", 1}, {"NN\x86.", 2}, {"NNN\x87.", 3}, {"(NNNNt.", 4}, {"(t.", 0}})
    EXPECT_EQ(read(bytes).root().items.size(), sizes);
  EXPECT_EQ(read("]Na(NNe.").root().items.size(), 3u);
  const PickleTree dict = read("}K\1K\2s(K\3K\4K\5K\6u.");
  EXPECT_EQ(dict.root().kind, Kind::dict);
  ASSERT_EQ(dict.root().items.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(dict.root().items[i]->integer, static_cast<Index>(i) + 1);
  const PickleTree nested = read("(K\1(K\2(K\3tK\4tt.");
  EXPECT_EQ(nested.root().items[1]->items[1]->items[0]->integer, 3);
}

TEST(Pickle, SharesWhatItRemembers) {
  for (const std::string& put : {"q\5"s, "r\5\1\0\0"s, "\x94"s}) {
    const std::string get = put[0] == 'q' ? "h\5"s : put[0] == 'r' ? "j\5\1\0\0"s : "h\0"s;
    const PickleTree tree = read("]" + put + get + "\x86.");
    EXPECT_EQ(tree.root().items[0], tree.root().items[1]);
  }
  // Two values under one number: the last.
  EXPECT_EQ(read("K\1q\0K\2q\0h\0\x87."s).root().items[2]->integer, 2);
  // A list inside itself is a tree that nobody may walk down without an end, but no leak.
  const PickleTree self = read("]q\0h\0a."s);
  EXPECT_EQ(self.root().items[0], &self.root());
}

TEST(Pickle, KeepsCallsAsTheyAre) {
  const std::string storage = "ctorch\nFloatStorage\n";
  const PickleTree call = read("ctorch\nSize\nK\2\x85R.");
  EXPECT_EQ(call.root().kind, Kind::call);
  EXPECT_EQ(call.root().items[0]->text, "torch.Size");
  EXPECT_EQ(call.root().items[1]->items[0]->integer, 2);
  const PickleTree persistent = read(storage + "\x85Q.");
  EXPECT_EQ(persistent.root().kind, Kind::persistent);
  EXPECT_EQ(persistent.root().items[0]->items[0]->text, "torch.FloatStorage");
  EXPECT_EQ(read("\x8c\5torch\x8c\4Size\x93.").root().text, "torch.Size");
}

TEST(Pickle, AnOrderedDictIsADict) {
  const PickleTree tree = read("ccollections\nOrderedDict\n)RNNs}K\1K\2sb.");
  EXPECT_EQ(tree.root().kind, Kind::dict);
  EXPECT_EQ(tree.root().items.size(), 2u) << "attributes are passed over";
}

TEST(Pickle, ReadsEveryProtocolSince2) {
  for (const char version : {'\2', '\3', '\4', '\5'})
    EXPECT_EQ(read("\x80"s + version + "\x95\2\0\0\0\0\0\0\0N."s).root().kind, Kind::none);
}

TEST(Pickle, RefusesEveryOtherOpcode) {
  const std::set<int> known{
      opcode::kMark,        opcode::kEmptyTuple, opcode::kStop,       opcode::kBinFloat,
      opcode::kBinInt,      opcode::kBinInt1,    opcode::kBinInt2,    opcode::kNone,
      opcode::kBinPersId,   opcode::kReduce,     opcode::kBinUnicode, opcode::kEmptyList,
      opcode::kAppend,      opcode::kBuild,      opcode::kGlobal,     opcode::kAppends,
      opcode::kBinGet,      opcode::kLongBinGet, opcode::kBinPut,     opcode::kLongBinPut,
      opcode::kSetItem,     opcode::kTuple,      opcode::kSetItems,   opcode::kEmptyDict,
      opcode::kProto,       opcode::kTuple1,     opcode::kTuple2,     opcode::kTuple3,
      opcode::kNewTrue,     opcode::kNewFalse,   opcode::kLong1,      opcode::kShortBinUnicode,
      opcode::kStackGlobal, opcode::kMemoize,    opcode::kFrame};
  EXPECT_EQ(known.size(), 35u);
  for (int opcode = 0; opcode < 256; ++opcode) {
    const std::string message =
        message_of("N"s + static_cast<char>(opcode) + std::string(20, '\0'));
    const bool refused = message.starts_with("p: byte 1: opcode ") &&
                         message.ends_with("nothing of a checkpoint is executed");
    EXPECT_EQ(refused, !known.contains(opcode)) << opcode << ": " << message;
  }
  EXPECT_EQ(message_of("(ios\nsystem\n"),
            "p: byte 1: opcode 'i' is not one that tensors need; nothing of a checkpoint is "
            "executed");
}

TEST(Pickle, RefusesEveryOtherGlobal) {
  for (const std::string& call :
       {"cos\nsystem\nX\4\0\0\0true\x85R."s, "\x8c\2os\x8c\6system\x93\x8c\4true\x85R."s})
    EXPECT_NE(message_of(call).find(": global 'os.system' is not one that tensors need; nothing of "
                                    "a checkpoint is executed"),
              std::string::npos)
        << message_of(call);
  EXPECT_EQ(message_of("cbuiltins\neval\n."),
            "p: byte 0: global 'builtins.eval' is not one that tensors need; nothing of a "
            "checkpoint is executed");
}

TEST(Pickle, BrokenOnesNameOffsetAndCause) {
  const struct {
    std::string bytes, message;
  } table[] = {
      {"", "byte 0: truncated: 1 bytes are needed, 0 are left"},
      {"N", "byte 1: truncated: 1 bytes are needed, 0 are left"},
      {".", "byte 0: a value is missing"},
      {"NN.", "byte 2: something is left over"},
      {"(N.", "byte 2: something is left over"},
      {"(.", "byte 1: a value is missing"},
      {"N.N", "byte 1: something is left over"},
      {"\x80\1N.", "byte 0: unknown pickle protocol 1"},
      {"\x80\6N.", "byte 0: unknown pickle protocol 6"},
      {"\x95\1\0\0"s, "byte 1: truncated: 8 bytes are needed, 3 are left"},
      {"K", "byte 1: truncated: 1 bytes are needed, 0 are left"},
      {"J\1\1\1", "byte 1: truncated: 4 bytes are needed, 3 are left"},
      {"\x8a\x09" + std::string(9, '\1') + ".", "byte 0: an integer of 9 bytes"},
      {"\x8a\4\1.", "byte 2: truncated: 4 bytes are needed, 2 are left"},
      {"G1234567", "byte 1: truncated: 8 bytes are needed, 7 are left"},
      {"X\xff\xff\0\0abc."s, "byte 5: truncated: 65535 bytes are needed, 4 are left"},
      {"X\1\0\1\0abc."s, "byte 0: a text of 65537 bytes"},
      {"\x8c\4abc", "byte 2: truncated: 4 bytes are needed, 3 are left"},
      {"N\x86.", "byte 1: a value is missing"},
      {"K\1(\x85.", "byte 3: a value is missing"},
      {"t.", "byte 0: a mark is missing"},
      {"N(Ns.", "byte 3: a value is missing"},
      {"NNa.", "byte 2: items for a list, found None"},
      {"](e", "byte 3: truncated: 1 bytes are needed, 0 are left"},
      {"}Na.", "byte 2: items for a list, found a dict"},
      {"]NNs.", "byte 3: items for a dict, found a list"},
      {"}(Nu.", "byte 3: a key without a value"},
      {"N}b.", "byte 2: attributes for None; only those of a dict are passed over"},
      {"}b.", "byte 1: a value is missing"},
      {"q\0."s, "byte 0: a value is missing"},
      {"Nr\0\0\0\1."s, "byte 1: memo entry 16777216 is above 2097152"},
      {"h\0."s, "byte 0: no memo entry 0"},
      {"Nq\2h\1.", "byte 3: no memo entry 1"},
      {"j\0\0\0\1."s, "byte 0: no memo entry 16777216"},
      {"ctorch", "byte 1: no end of line in the next 5 bytes"},
      {"ctorch\nSize", "byte 7: no end of line in the next 4 bytes"},
      {"c" + std::string(300, 'a') + "\nb\n.", "byte 1: no end of line in the next 256 bytes"},
      {"NN\x93.", "byte 2: the name of a global is not a text"},
      {"N)R.", "byte 2: a call of None with a tuple"},
      {"ctorch\nSize\nNR.", "byte 13: a call of the name of a class or function with None"},
      {"ccollections\nOrderedDict\nN\x85R.", "byte 27: an OrderedDict with arguments"},
      {"Q.", "byte 0: a value is missing"},
  };
  for (const auto& row : table) EXPECT_EQ(message_of(row.bytes), "p: " + row.message);
}

TEST(Pickle, BoundsWhatItKeeps) {
  EXPECT_EQ(message_of(std::string(std::size_t{1} << 21, '(') + "."),
            "p: byte 1048576: too many open marks");
  EXPECT_EQ(message_of("Nq\0"s + std::string(std::size_t{1} << 21, 'N') + "."),
            "p: byte 1048578: more than 1048576 values at once");
  std::string lists;
  for (int i = 0; i < (1 << 21) + 1; ++i) lists += "Na";
  EXPECT_EQ(message_of("]" + lists + "."), "p: byte 4194303: more than 2097152 values");
  EXPECT_EQ(message_of(std::string((std::size_t{64} << 20) + 1, 'N')),
            "p: byte 0: 67108865 bytes are more than the 67108864 that are read");
}

TEST(Pickle, SurvivesItsOwnMove) {
  PickleTree first = read("K\7\x85.");
  const PickleTree second = std::move(first);
  EXPECT_EQ(second.root().items[0]->integer, 7);
}

}  // namespace
}  // namespace nf
