#include "core/io/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/io/lfs_pointer.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;
/// Most that zlib, which counts in 32 bits, is given at once.
constexpr std::size_t kMostInput = std::size_t{1} << 30;

/// zlib's state while it reads gzip members.
class Inflater {
 public:
  Inflater(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {
    // 16: gzip and nothing else.
    NF_CHECK(inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK, "zlib");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void run(const std::function<void(std::string_view)>& use) {
    std::vector<char> block(kBlock);
    for (;;) {
      feed();
      stream_.next_out = reinterpret_cast<Bytef*>(block.data());
      stream_.avail_out = static_cast<uInt>(block.size());
      const int state = inflate(&stream_, Z_NO_FLUSH);
      use({block.data(), block.size() - stream_.avail_out});
      if (state == Z_STREAM_END) {
        if (is_last_member()) return;
        inflateReset(&stream_);
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        throw DataError(fmt::format("{}: byte {} of the gzip data: {}; the file is damaged", file_,
                                    position(), stream_.msg == nullptr ? "damaged" : stream_.msg));
      } else if (position() == bytes_.size() && stream_.avail_out > 0) {
        throw DataError(fmt::format(
            "{}: ends in the middle of its gzip data; is the copy of the file whole?", file_));
      }
    }
  }

 private:
  std::size_t position() const { return given_ - stream_.avail_in; }

  void feed() {
    if (stream_.avail_in > 0) return;
    const std::string_view next = bytes_.substr(given_, kMostInput);
    // zlib reads only, but older headers do not say so.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next.data()));
    stream_.avail_in = static_cast<uInt>(next.size());
    given_ += next.size();
  }

  bool is_last_member() const {
    const std::string_view rest = bytes_.substr(position());
    if (rest.find_first_not_of('\0') == std::string_view::npos) return true;
    if (is_gzip(rest)) return false;
    throw DataError(
        fmt::format("{}: byte {}: what follows the gzip data is none", file_, position()));
  }

  std::string_view bytes_;
  const std::string& file_;
  std::size_t given_ = 0;  ///< bytes that zlib was given
  z_stream stream_{};
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes, const std::string& file) {
  std::size_t size = 0;
  Inflater(bytes, file).run([&size](std::string_view block) { size += block.size(); });
  std::string text;
  text.reserve(size);
  Inflater(bytes, file).run([&text](std::string_view block) { text += block; });
  return text;
}

std::string read_gzip_or_text_file(const std::filesystem::path& path) {
  std::string bytes = read_text_file(path);
  if (is_gzip(bytes)) return gunzip(bytes, path.string());
  if (path.extension() == ".gz") {
    refuse_lfs_pointer(bytes, path.string());
    throw DataError(fmt::format("{}: is no gzip data, though its name ends in .gz", path.string()));
  }
  return bytes;
}

}  // namespace nf
