#include "core/io/content_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <new>

namespace nf {

struct ContentHash::State {
  State() : xxh(XXH3_createState()) {
    if (xxh == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(xxh);
  }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  XXH3_state_t* xxh;
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) {}
ContentHash::~ContentHash() = default;
ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash& ContentHash::operator=(ContentHash&&) noexcept = default;

void ContentHash::add(std::span<const std::byte> bytes) {
  add_length(bytes.size());
  add_raw(bytes);
}

void ContentHash::add_raw(std::span<const std::byte> bytes) {
  if (!bytes.empty()) XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
}

void ContentHash::add_length(std::size_t length) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(std::uint64_t{length} >> (8 * i));
  add_raw(bytes);
}

std::array<std::byte, 16> ContentHash::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::array<std::byte, 16> bytes{};
  static_assert(sizeof canonical == sizeof bytes);
  std::memcpy(bytes.data(), &canonical, sizeof bytes);
  return bytes;
}

std::string ContentHash::hex() const {
  std::string out;
  for (const std::byte byte : digest()) out += fmt::format("{:02x}", std::to_integer<int>(byte));
  return out;
}

}  // namespace nf
