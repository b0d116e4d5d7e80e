#include "eval/run/calibration_file.h"

#include <fmt/format.h>

#include <string_view>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/content_hash.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr std::size_t kHashDigits = 32;

std::string hash_of(std::span<const std::byte> header, std::span<const std::byte> bytes) {
  ContentHash hash;
  hash.add(header);
  hash.add(bytes);
  return hash.hex();
}

}  // namespace

void write_calibration_file(const std::filesystem::path& path, const Json& header,
                            std::span<const std::byte> bytes) {
  const std::string line = header.dump() + "\n";
  const auto first = std::as_bytes(std::span(line));
  const std::string hash = hash_of(first, bytes);
  AtomicFile file(path);
  file.write(first);
  file.write(bytes);
  file.write(std::as_bytes(std::span(hash)));
  file.commit();
}

void read_calibration_file(const std::filesystem::path& path,
                           const std::function<void(const Json& header, ByteCursor& bytes)>& use) {
  const std::string text = read_text_file(path);
  const auto all = std::as_bytes(std::span(text));
  const std::size_t line = text.find('\n') + 1;  // 0: there is none
  const bool is_whole = line > 0 && line + kHashDigits <= text.size();
  const std::size_t end = is_whole ? text.size() - kHashDigits : 0;
  if (!is_whole ||
      hash_of(all.first(line), all.subspan(line, end - line)) != text.substr(end, kHashDigits))
    throw DataError(fmt::format("{}: damaged", path.string()));
  const Json header = Json::parse(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(line));
  ByteCursor cursor(all.subspan(line, end - line), path.string());
  use(header, cursor);
  if (cursor.left() != 0) cursor.fail("bytes left over");
}

}  // namespace nf
