#include "tests/fuzz/json_mutator.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "tests/fuzz/fuzz.h"

namespace nf {
namespace {

constexpr std::array<std::int64_t, 12> kLimits = {0,
                                                  1,
                                                  -1,
                                                  2,
                                                  255,
                                                  256,
                                                  65536,
                                                  INT32_MAX,
                                                  std::int64_t{1} << 32,
                                                  std::int64_t{1} << 61,
                                                  INT64_MAX,
                                                  INT64_MIN};

}  // namespace

std::string mutate_bytes(std::string text) {
  const std::size_t size = text.size();
  text.resize(size + 32);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  return text;
}

std::size_t replace_input(const std::string& input, std::uint8_t* data, std::size_t size,
                          std::size_t most) {
  if (input.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(input.begin(), input.end(), data);
  return input.size();
}

/// xorshift64 (Marsaglia 2003).
std::size_t JsonMutator::below(std::size_t count) {
  state_ ^= state_ << 13U;
  state_ ^= state_ >> 7U;
  state_ ^= state_ << 17U;
  return static_cast<std::size_t>(state_ % count);
}

void JsonMutator::collect(Json& value) {
  nodes_.push_back(&value);
  if (!value.is_structured()) return;
  for (Json& child : value) collect(child);
}

void JsonMutator::mutate(Json& root) {
  for (std::size_t left = 1 + below(4); left > 0; --left) {
    nodes_.clear();
    collect(root);
    change(*nodes_[below(nodes_.size())]);
  }
}

bool JsonMutator::mutate(std::string& text) {
  Json root = Json::parse(text, nullptr, false);
  if (root.is_discarded()) return false;
  mutate(root);
  text = root.dump(-1, ' ', false, Json::error_handler_t::ignore);
  return true;
}

void JsonMutator::change(Json& value) {
  // Any value may become a copy of any other one.
  if (below(8) == 0) {
    Json other = *nodes_[below(nodes_.size())];
    if (other.size() < 64) value = std::move(other);
    return;
  }
  if (value.is_number()) return change_number(value);
  if (value.is_string()) return change_text(value);
  if (value.is_array()) return change_list(value);
  if (value.is_object()) return change_object(value);
  if (value.is_boolean()) {
    value = !value.get<bool>();
    return;
  }
  if (words_.empty()) return;
  value = words_[below(words_.size())];
}

void JsonMutator::change_number(Json& value) {
  if (value.is_number_float()) {
    constexpr std::array<double, 8> kFactors = {-1.0, 0.0, 0.5, 2.0, 1e-300, 1e300, 1e6, 1e-6};
    value = value.get<double>() * kFactors[below(kFactors.size())];
    return;
  }
  const auto bits = static_cast<std::uint64_t>(value.get<std::int64_t>());
  const std::array<std::uint64_t, 7> near = {bits + 1, bits - 1, bits * 2, bits / 2,
                                             bits * 4, bits + 8, bits - 8};
  value = below(4) == 0 ? kLimits[below(kLimits.size())]
                        : static_cast<std::int64_t>(near[below(near.size())]);
}

void JsonMutator::change_text(Json& value) {
  if (!words_.empty() && below(2) == 0) {
    value = words_[below(words_.size())];
    return;
  }
  value = mutate_bytes(value.get<std::string>());
}

void JsonMutator::change_list(Json& value) {
  if (value.empty()) {
    value.push_back(Json(*nodes_[below(nodes_.size())]));
    return;
  }
  const std::size_t i = below(value.size());
  switch (below(3)) {
    case 0:
      value.erase(i);
      break;
    case 1:
      value.push_back(Json(value[i]));
      break;
    default:
      std::swap(value[i], value[below(value.size())]);
  }
}

void JsonMutator::change_object(Json& value) {
  if (value.empty() || below(3) == 0) {
    if (words_.empty()) return;
    value[words_[below(words_.size())]] = Json(*nodes_[below(nodes_.size())]);
    return;
  }
  auto entry = value.begin();
  std::advance(entry, below(value.size()));
  if (below(2) == 0) {
    value.erase(entry);
    return;
  }
  auto other = value.begin();
  std::advance(other, below(value.size()));
  std::swap(entry.value(), other.value());
}

namespace {

/// Changes one line of JSON lines, doubles it or drops it.
bool mutate_line(JsonMutator& mutator, std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  }
  if (lines.size() < 2) return false;
  const auto at = static_cast<std::ptrdiff_t>(mutator.below(lines.size()));
  std::string& line = lines[static_cast<std::size_t>(at)];
  switch (mutator.below(8)) {
    case 0:
      lines.insert(lines.begin() + at, std::string(line));
      break;
    case 1:
      lines.erase(lines.begin() + at);
      break;
    default:
      if (!mutator.mutate(line)) return false;
  }
  text.clear();
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i > 0 ? "\n" : "") + lines[i];
  return true;
}

}  // namespace

std::size_t mutate_parts(JsonMutator& mutator, std::size_t count, std::uint8_t* data,
                         std::size_t size, std::size_t most,
                         const std::function<bool(std::size_t part, std::string&)>& change) {
  if (mutator.below(8) == 0) return LLVMFuzzerMutate(data, size, most);
  std::vector<std::string> parts;
  for (const std::string_view part : split_input(as_text(data, size), count))
    parts.emplace_back(part);
  std::size_t chosen = mutator.below(2) == 0 ? 0 : mutator.below(count);
  std::string& part = parts[chosen];
  if (mutator.below(6) == 0 ||
      !((change && change(chosen, part)) || mutator.mutate(part) || mutate_line(mutator, part)))
    part = mutate_bytes(part);
  return replace_input(join_input(parts), data, size, most);
}

}  // namespace nf
