#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "perturb/value_profile.h"

namespace nf {

/// The values of one tensor: an input of linears, a state of a block, or a weight.
struct SiteProfile {
  std::string site;  ///< "layers.3.q_proj.input"
  ValueProfile values{};
  friend bool operator==(const SiteProfile&, const SiteProfile&) = default;
};

/// The attention that queries from position 1 on give to position 0, by head. The shares are summed
/// in whole steps, so that no order changes a bit.
struct AttentionProfile {
  static constexpr double kStep = 1.0 / (1LL << 40);

  std::string site;  ///< "layers.3.attention"

  Index queries = 0;
  std::vector<Index> sums{};  ///< [A] shares in kStep

  void merge(const AttentionProfile& other);
  /// Mean share of a head.
  double mean(std::size_t head) const;
  friend bool operator==(const AttentionProfile&, const AttentionProfile&) = default;
};

/// A weight that alone makes an outlying output of down_proj at the position where its input is
/// largest (arXiv 2411.07191, section 3.1).
struct SuperWeight {
  std::string site;  ///< "layers.1.down_proj.weight"
  Index row = 0, column = 0;
  double weight = 0.0;
  double input = 0.0;    ///< x at that position and column
  double output = 0.0;   ///< (W x) at that position and row
  double share = 0.0;    ///< weight · input / output
  Index tokens = 0;      ///< scored for the next two; 0: it was not zeroed
  double kl = 0.0;       ///< KL to the untouched model with this weight set to 0, nats per token
  double control = 0.0;  ///< the same of the matrix's largest other weight
  friend bool operator==(const SuperWeight&, const SuperWeight&) = default;
};

/// Profiles of one trial, or of the untouched model, in some windows.
struct ProfileParts {
  std::vector<SiteProfile> sites{};
  std::vector<AttentionProfile> attention{};

  bool empty() const { return sites.empty() && attention.empty(); }
  /// Takes in other windows.
  void merge(const ProfileParts& other);
  const SiteProfile* find(const std::string& site) const;
};

/// The name in `text` of the experiment's own text.
inline constexpr const char* kDataText = "data";

/// The profile of one trial on one text.
struct TrialProfile {
  std::string model{};
  std::string trial{};  ///< as tables print it; "baseline"
  std::string id{};     ///< of the trial
  std::string text{};   ///< kDataText or a name of `profile: {texts: ...}`; empty: of weights
  std::string hash{};   ///< of the text's windows; the same hash, the same values
  ProfileParts parts{};
  std::vector<SuperWeight> super_weights{};
  bool is_searched = false;  ///< for super weights, in all that was seen

  bool is_of(const TrialProfile& other) const {
    return model == other.model && id == other.id && text == other.text && hash == other.hash;
  }
  bool has_window(Index window) const {
    return !parts.sites.empty() && parts.sites.front().values.has_window(window);
  }
};

/// The profiles of a run folder (kProfiles); none where it has none. Throws DataError where the
/// file is damaged.
std::vector<TrialProfile> read_profiles(const std::filesystem::path& dir);
/// Written whole or not at all.
void write_profiles(const std::filesystem::path& dir, const std::vector<TrialProfile>& profiles);

/// Takes in a profile of the same or of other windows; those of windows that are known already are
/// of no use. Of weights the first is kept.
void join_profile(const TrialProfile& profile, std::vector<TrialProfile>& profiles);

}  // namespace nf
