#include "core/text/pre_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/text/byte_level.h"
#include "core/text/metaspace.h"
#include "core/text/punctuation.h"
#include "core/text/split.h"

namespace nf {
namespace {

/// One after the other.
class Sequence final : public PreTokenizer {
 public:
  Sequence(std::unique_ptr<PreTokenizer> first, std::unique_ptr<PreTokenizer> second) {
    steps_.push_back(std::move(first));
    steps_.push_back(std::move(second));
  }
  explicit Sequence(const JsonPlace& json) {
    const JsonPlace list = json.at("pretokenizers");
    const auto count = static_cast<Index>(list.as_array().size());
    for (Index i = 0; i < count; ++i) steps_.push_back(read_pre_tokenizer(list.item(i)));
  }

  void apply(Pieces& pieces) const override {
    for (const std::unique_ptr<PreTokenizer>& step : steps_) step->apply(pieces);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

template <class Kind>
std::unique_ptr<PreTokenizer> make(const JsonPlace& json) {
  return std::make_unique<Kind>(json);
}

std::unique_ptr<PreTokenizer> make_white_space_split(const JsonPlace& json) {
  return std::make_unique<Split>(Regex("\\s", json.place()), SplitBehavior::removed, false);
}

struct KindEntry {
  std::string_view type;
  std::unique_ptr<PreTokenizer> (*make)(const JsonPlace&);
};
constexpr auto kKinds = std::to_array<KindEntry>({
    {"BertPreTokenizer",
     [](const JsonPlace& json) -> std::unique_ptr<PreTokenizer> {
       return std::make_unique<Sequence>(make_white_space_split(json),
                                         std::make_unique<Punctuation>(SplitBehavior::isolated));
     }},
    {"ByteLevel", make<ByteLevel>},
    {"Digits",
     [](const JsonPlace& json) -> std::unique_ptr<PreTokenizer> {
       return std::make_unique<Split>(digits_split(json));
     }},
    {"Metaspace", make<Metaspace>},
    {"Punctuation", make<Punctuation>},
    {"Sequence", make<Sequence>},
    {"Split", make<Split>},
    {"Whitespace",
     [](const JsonPlace& json) -> std::unique_ptr<PreTokenizer> {
       // Rust's \w has the joiners, Oniguruma's lacks them.
       return std::make_unique<Split>(
           Regex("[\\w\\x{200c}\\x{200d}]+|[^\\w\\x{200c}\\x{200d}\\s]+", json.place()),
           SplitBehavior::removed, true);
     }},
    {"WhitespaceSplit", make_white_space_split},
});

}  // namespace

std::unique_ptr<PreTokenizer> read_pre_tokenizer(const JsonPlace& json) {
  const JsonPlace type = json.at("type");
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindEntry& entry) {
    return entry.type == type.as_string();
  });
  if (kind != kKinds.end()) return kind->make(json);
  std::vector<std::string> known;
  for (const KindEntry& entry : kKinds) known.emplace_back(entry.type);
  type.fail(fmt::format("the pre-tokenizer '{}' is not supported{}", printable(type.as_string()),
                        suggestion(type.as_string(), known)));
}

}  // namespace nf
