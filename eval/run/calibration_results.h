#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/io/byte_cursor.h"
#include "core/tensor/view.h"
#include "eval/plan/chain_keys.h"
#include "perturb/distortion.h"
#include "perturb/input_statistics.h"

namespace nf {

/// All that was made of calibration sets, in files that a later run goes on with: weights of chains
/// with needs, and the statistics that chains on inputs act by. A file that is damaged, or not of
/// the kind, is told and counts as missing. Deleting files changes the time alone.
///
/// A failure is known as long as the process runs: it is made again by who asks again. Thread-safe.
class CalibrationResults {
 public:
  using Warn = std::function<void(const std::string&)>;

  /// dir: made where something is first kept. identity: of all that outcomes depend on beside their
  /// keys: model, numerics, env. warn: is told of damaged files.
  CalibrationResults(std::filesystem::path dir, const std::string& identity, Warn warn);

  /// Whether a site's outcome is there, or is known to be a failure. Reads the file once.
  bool has(const Site& site, const ChainKey& key);

  void keep_weight(const Site& site, const ChainKey& key, ConstMatrixView weight,
                   const DistortionReport& report);
  void keep_made(const Site& site, const ChainKey& key, const MadeChange& made);
  void keep_statistics(const Site& site, const ChainKey& key,
                       std::span<const InputStatisticsPtr> all);
  void keep_failure(const ChainKey& key, const std::string& problem);

  /// The reason why an outcome is not there; none where it did not fail.
  std::optional<std::string> failure(const ChainKey& key) const;
  /// weight ← what was kept, [out, in]; of keep_made() x̂. Throws DataError where it cannot be read.
  DistortionReport read_weight(const Site& site, const ChainKey& key, MatrixView weight) const;
  /// The same of keep_made(). rows, cols: of the weight.
  MadeChange read_made(const Site& site, const ChainKey& key, Index rows, Index cols) const;
  /// The statistics as they were kept. Throws DataError.
  std::vector<InputStatisticsPtr> read_statistics(const Site& site, const ChainKey& key) const;

 private:
  std::filesystem::path path_of(const Site& site, const ChainKey& key) const;
  Json header_of(const Site& site, const ChainKey& key) const;
  void check_header(const Site& site, const ChainKey& key, const Json& header,
                    const ByteCursor& bytes) const;
  void keep(const Site& site, const ChainKey& key, const Json& header,
            std::span<const std::byte> bytes);
  bool is_intact(const Site& site, const ChainKey& key) const;

  std::filesystem::path dir_;
  std::string identity_;
  Warn warn_;
  mutable std::mutex mutex_;
  std::set<ChainKey> known_;  ///< whose files are intact
  std::map<ChainKey, std::string> failures_;
};

}  // namespace nf
