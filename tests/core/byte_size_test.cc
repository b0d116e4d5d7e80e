#include "core/config/byte_size.h"

#include <gtest/gtest.h>

#include "core/config/field_table.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

constexpr Index kGibi = Index{1} << 30;

Index bytes_of(std::string_view text) {
  const std::optional<ByteSize> size = parse_byte_size(text);
  return size ? size->bytes : -1;
}

TEST(ByteSize, ReadsNumbersWithUnits) {
  EXPECT_EQ(bytes_of("4GiB"), 4 * kGibi);
  EXPECT_EQ(bytes_of("512MiB"), kGibi / 2);
  EXPECT_EQ(bytes_of("3KiB"), 3072);
  EXPECT_EQ(bytes_of("1TiB"), 1024 * kGibi);
  EXPECT_EQ(bytes_of("2GB"), 2'000'000'000);
  EXPECT_EQ(bytes_of("7MB"), 7'000'000);
  EXPECT_EQ(bytes_of("5kB"), 5000);
  EXPECT_EQ(bytes_of("1TB"), 1'000'000'000'000);
  EXPECT_EQ(bytes_of("17B"), 17);
  EXPECT_EQ(bytes_of("4294967296"), 4 * kGibi);
}

TEST(ByteSize, ReadsFractionsAndASpaceBeforeTheUnit) {
  EXPECT_EQ(bytes_of("1.5GiB"), 3 * kGibi / 2);
  EXPECT_EQ(bytes_of(".5GiB"), kGibi / 2);
  EXPECT_EQ(bytes_of("0.1KiB"), 102);  // 102.4: what is below one byte is dropped
  EXPECT_EQ(bytes_of("4 GiB"), 4 * kGibi);
}

TEST(ByteSize, ReadsWholeNumbersExactly) {
  EXPECT_EQ(bytes_of("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(bytes_of("9007199254740993"), 9007199254740993);  // 2^53 + 1 is no double
  EXPECT_EQ(bytes_of("8388607TiB"), Index{8388607} * 1024 * kGibi);
}

TEST(ByteSize, RefusesWhatIsNoSize) {
  for (const char* text : {"",
                           " ",
                           "GiB",
                           "4Gb",
                           "4gib",
                           "4G",
                           "4GIB",
                           "4  GiB",
                           " 4GiB",
                           "4GiB ",
                           "4GiBs",
                           "-4GiB",
                           "+4GiB",
                           "0",
                           "0GiB",
                           "0.1B",
                           "1.5",
                           "1e9",
                           "010",
                           "1.2.3GiB",
                           "0x10",
                           "four GiB",
                           "9223372036854775808",
                           "8388608TiB",
                           "8388608.5TiB",
                           "nanGiB"})
    EXPECT_EQ(bytes_of(text), -1) << text;
}

TEST(ByteSize, IsWrittenAsShortAsItCanBe) {
  EXPECT_EQ(byte_size_text({4 * kGibi}), "4GiB");
  EXPECT_EQ(byte_size_text({3 * kGibi / 2}), "1536MiB");
  EXPECT_EQ(byte_size_text({4'000'000'000}), "4GB");
  EXPECT_EQ(byte_size_text({1024 * kGibi}), "1TiB");
  EXPECT_EQ(byte_size_text({512}), "512");
  EXPECT_EQ(byte_size_text({1'000'001}), "1000001");
  for (const Index bytes : {Index{1}, Index{1000}, Index{1024}, 3 * kGibi, kGibi + 1})
    EXPECT_EQ(bytes_of(byte_size_text({bytes})), bytes);
}

struct Owner {
  std::optional<ByteSize> memory;
  static FieldTable<Owner> fields() {
    FieldTable<Owner> table;
    table.optional("memory", &Owner::memory, {.summary = "budget", .example = "4GiB"});
    return table;
  }
};

Owner read(const std::string& yaml) {
  ConfigErrors errors;
  Owner owner = Owner::fields().read(parse_yaml(yaml, "f.yaml", errors), errors);
  errors.throw_if_any();
  return owner;
}

TEST(ByteSize, IsAValueInYaml) {
  EXPECT_EQ(read("memory: 4GiB").memory, ByteSize{4 * kGibi});
  EXPECT_EQ(read("memory: \"512MiB\"").memory, ByteSize{kGibi / 2});
  EXPECT_EQ(read("memory: 4294967296").memory, ByteSize{4 * kGibi});
  EXPECT_FALSE(read("{}").memory.has_value());
  EXPECT_EQ(Owner::fields().write(read("memory: 4096MiB")).dump(), R"({"memory":"4GiB"})");
  EXPECT_FALSE(Owner::fields().write({}).contains("memory"));
}

TEST(ByteSize, SaysHowToWriteIt) {
  const std::string advice = " as a size; write 4GiB, 512MiB, 2GB or a whole number of bytes";
  EXPECT_EQ(config_error_of([] { read("memory: 4Gb"); }),
            "f.yaml:1:9: memory: cannot read '4Gb'" + advice);
  EXPECT_EQ(config_error_of([] { read("memory: [4GiB]"); }),
            "f.yaml:1:9: memory: cannot read a list" + advice);
  EXPECT_EQ(config_error_of([] { read("memory: 0"); }),
            "f.yaml:1:9: memory: cannot read '0'" + advice);
}

TEST(ByteSize, IsDocumented) {
  const FieldDoc doc = Owner::fields().docs().front();
  EXPECT_EQ(doc.type, "size");
  EXPECT_EQ(doc.schema["anyOf"].size(), 2u);
  EXPECT_EQ(doc.schema["description"], "budget");
}

}  // namespace
}  // namespace nf
