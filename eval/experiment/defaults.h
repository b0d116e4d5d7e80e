#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/config/substitute.h"
#include "eval/experiment/entry.h"

namespace nf {

/// `defaults:` of an experiment: keys that its trials, entries and sites take unless they say
/// otherwise, all side by side, for no two of them have the same name. Remembers which of them
/// found a place.
class Defaults {
 public:
  Defaults() = default;
  /// Unknown keys are added to `errors`.
  Defaults(const ConfigNode& node, KindsPtr kinds, ConfigErrors& errors);

  /// The experiment with the keys of trials put into each trial that has neither the key nor one
  /// that excludes it.
  ConfigNode fill_trials(const ConfigNode& root);

  /// An entry with the keys that it takes.
  struct Filled {
    ConfigNode entry;
    std::vector<ConfigNode> taken{};  ///< values as written, variables in them
  };
  /// The same with `tensor` of the sites alone, which may be a list and make several entries of it.
  Filled fill_tensor(const ConfigNode& entry, const Variables& variables);
  /// All other keys that the entry's kind has. read: reads an entry and tells its mistakes; a key
  /// that makes one (symmetric: false beside grid: power) is left out, and so is one with a
  /// variable that the trial does not have.
  Filled fill_entry(const ConfigNode& entry, EntryKind kind, const Variables& variables,
                    const std::function<ConfigErrors(const ConfigNode& entry)>& read);

  /// Keys that no trial and no entry took: a mistake where it was tried and did not fit, else a
  /// line of the result, "FILE:LINE:COL: defaults.KEY: ...".
  std::vector<std::string> report_unused(ConfigErrors& errors) const;

 private:
  struct Key {
    std::string name;
    ConfigNode value;
    ConfigPlace place;
    bool of_sites = false;
  };

  std::vector<Key> fitting(const ConfigNode& entry, std::vector<Key> keys,
                           const std::function<ConfigErrors(const ConfigNode& entry)>& read);
  Filled filled(const ConfigNode& entry, const std::vector<Key>& keys);
  std::vector<std::string> made_variables(const std::string& key) const;
  std::string why_no_trial(const std::string& key) const;
  bool fits_trial(const std::string& key, const ConfigNode& trial) const;
  std::vector<std::string> keys_of(const ConfigNode& entry) const;
  std::vector<Key> kind_keys(const ConfigNode& entry, EntryKind kind) const;

  KindsPtr kinds_;
  ConfigNode node_;
  std::vector<Key> trial_keys_, entry_keys_;  ///< those of sites among the latter
  std::set<std::string> used_;
  std::map<std::string, std::string> misfits_;  ///< by key, why it did not fit at first
};

}  // namespace nf
