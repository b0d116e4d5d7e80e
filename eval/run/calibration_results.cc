#include "eval/run/calibration_results.h"

#include <fmt/format.h>

#include <cstdint>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/io/content_hash.h"
#include "core/io/matrix_codec.h"
#include "eval/run/calibration_file.h"
#include "eval/run/statistics_codec.h"

namespace nf {
namespace {

/// Of the files: others are made again.
constexpr int kFormat = 3;

std::string hash_of(const std::string& text) {
  ContentHash hash;
  hash.add(text);
  return hash.hex();
}

Json weight_header(Json header, ConstMatrixView weight, const DistortionReport& report) {
  header["rows"] = weight.rows();
  header["cols"] = weight.cols();
  header["clipped"] = report.clipped;
  header["notes"] = report.notes;
  return header;
}

DistortionReport decode_weight(const Json& header, ByteCursor& bytes, MatrixView weight) {
  if (header.value("rows", Index{-1}) != weight.rows() ||
      header.value("cols", Index{-1}) != weight.cols())
    bytes.fail(fmt::format("no matrix of [{}, {}]", weight.rows(), weight.cols()));
  decode_matrix(bytes, weight);
  return {.clipped = header.value("clipped", Index{0}), .notes = header.value("notes", Json())};
}

/// Appends the places of marks, each as its distance from the one before. Returns their number;
/// null where there are no marks to make.
Json encode_marks(const std::vector<std::uint8_t>& marks, std::vector<std::byte>& bytes) {
  if (marks.empty()) return nullptr;
  Index count = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i] == 0) continue;
    const auto distance = static_cast<std::uint32_t>(i - last);
    for (int shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<std::byte>(distance >> shift & 0xff));
    last = i;
    ++count;
  }
  return count;
}

std::vector<std::uint8_t> decode_marks(const Json& count, Index size, ByteCursor& bytes) {
  if (count.is_null()) return {};
  std::vector<std::uint8_t> marks(static_cast<std::size_t>(size), 0);
  std::size_t at = 0;
  for (Index i = 0; i < count.get<Index>(); ++i) {
    at += bytes.number<std::uint32_t>();
    if (at >= marks.size()) bytes.fail(fmt::format("a mark at {} of {} values", at, size));
    marks[at] = 1;
  }
  return marks;
}

/// Appends the scales of integers. Returns the number of features with a scale; null where there
/// are no integers.
Json encode_integers(const IntegerScales& integers, std::vector<std::byte>& bytes) {
  if (integers.scale.empty()) return nullptr;
  for (const std::vector<float>* values : {&integers.scale, &integers.zero, &integers.channel}) {
    if (values->empty()) continue;
    const std::vector<std::byte> row =
        encode_matrix(ConstMatrixView(values->data(), 1, std::ssize(*values)));
    bytes.insert(bytes.end(), row.begin(), row.end());
  }
  return std::ssize(integers.channel);
}

IntegerScales decode_integers(const Json& channels, Index rows, ByteCursor& bytes) {
  IntegerScales integers;
  if (channels.is_null()) return integers;
  integers.resize(rows);
  integers.channel.resize(static_cast<std::size_t>(channels.get<Index>()));
  for (std::vector<float>* values : {&integers.scale, &integers.zero, &integers.channel})
    if (!values->empty()) decode_matrix(bytes, MatrixView(values->data(), 1, std::ssize(*values)));
  return integers;
}

}  // namespace

CalibrationResults::CalibrationResults(std::filesystem::path dir, const std::string& identity,
                                       Warn warn)
    : dir_(std::move(dir)), identity_(hash_of(identity)), warn_(std::move(warn)) {
  std::vector<std::filesystem::path> leftovers;  // of runs that were killed
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(dir_, ignored))
    if (file.path().filename().string().find(".tmp-") != std::string::npos)
      leftovers.push_back(file.path());
  for (const std::filesystem::path& leftover : leftovers)
    std::filesystem::remove(leftover, ignored);
}

std::filesystem::path CalibrationResults::path_of(const Site& site, const ChainKey& key) const {
  return dir_ / fmt::format("{}-{}", site.name(), hash_of(identity_ + key.hex()));
}

Json CalibrationResults::header_of(const Site& site, const ChainKey& key) const {
  return {{"format", kFormat}, {"site", site.name()}, {"key", key.hex()}, {"identity", identity_}};
}

void CalibrationResults::check_header(const Site& site, const ChainKey& key, const Json& header,
                                      const ByteCursor& bytes) const {
  const Json expected = header_of(site, key);
  for (const auto& [name, value] : expected.items())
    if (header.value(name, Json()) != value)
      bytes.fail(
          fmt::format("{} is {}, not {}", name, header.value(name, Json()).dump(), value.dump()));
}

bool CalibrationResults::has(const Site& site, const ChainKey& key) {
  {
    const std::lock_guard lock(mutex_);
    if (known_.contains(key) || failures_.contains(key)) return true;
  }
  if (!std::filesystem::exists(path_of(site, key)) || !is_intact(site, key)) return false;
  const std::lock_guard lock(mutex_);
  known_.insert(key);
  return true;
}

bool CalibrationResults::is_intact(const Site& site, const ChainKey& key) const {
  try {
    if (site.tensor == SiteTensor::weight && is_block_role(site.role)) {
      read_calibration_file(path_of(site, key), [&](const Json& header, ByteCursor& bytes) {
        check_header(site, key, header, bytes);
        bytes.skip(bytes.left());  // as its hash says
      });
    } else {
      read_statistics(site, key);
    }
    return true;
  } catch (const DataError& error) {
    warn_(fmt::format("warning: {}; it is made again", error.what()));
    return false;
  }
}

void CalibrationResults::keep(const Site& site, const ChainKey& key, const Json& header,
                              std::span<const std::byte> bytes) {
  std::error_code error;
  std::filesystem::create_directories(dir_, error);
  if (error) throw DataError(fmt::format("{}: cannot create: {}", dir_.string(), error.message()));
  write_calibration_file(path_of(site, key), header, bytes);
  const std::lock_guard lock(mutex_);
  known_.insert(key);
}

void CalibrationResults::keep_weight(const Site& site, const ChainKey& key, ConstMatrixView weight,
                                     const DistortionReport& report) {
  keep(site, key, weight_header(header_of(site, key), weight, report), encode_matrix(weight));
}

void CalibrationResults::keep_made(const Site& site, const ChainKey& key, const MadeChange& made) {
  Json header = weight_header(header_of(site, key), made.made, made.report);
  header["clipped_before"] = made.report_before.clipped;
  header["notes_before"] = made.report_before.notes;
  std::vector<std::byte> bytes = encode_matrix(made.made);
  header["before"] = !made.before.empty();
  if (!made.before.empty()) {
    const std::vector<std::byte> before = encode_matrix(made.before);
    bytes.insert(bytes.end(), before.begin(), before.end());
  }
  header["marks"] = encode_marks(made.clipped, bytes);
  header["marks_before"] = encode_marks(made.clipped_before, bytes);
  header["integers"] = encode_integers(made.integers, bytes);
  keep(site, key, header, bytes);
}

void CalibrationResults::keep_statistics(const Site& site, const ChainKey& key,
                                         std::span<const InputStatisticsPtr> all) {
  std::vector<std::byte> bytes;
  for (const InputStatisticsPtr& statistics : all) encode_statistics(statistics.get(), bytes);
  Json header = header_of(site, key);
  header["statistics"] = std::ssize(all);
  keep(site, key, header, bytes);
}

void CalibrationResults::keep_failure(const ChainKey& key, const std::string& problem) {
  const std::lock_guard lock(mutex_);
  failures_.emplace(key, problem);
}

std::optional<std::string> CalibrationResults::failure(const ChainKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto failure = failures_.find(key);
  return failure == failures_.end() ? std::nullopt : std::optional(failure->second);
}

DistortionReport CalibrationResults::read_weight(const Site& site, const ChainKey& key,
                                                 MatrixView weight) const {
  DistortionReport report;
  read_calibration_file(path_of(site, key), [&](const Json& header, ByteCursor& bytes) {
    check_header(site, key, header, bytes);
    report = decode_weight(header, bytes, weight);
    bytes.skip(bytes.left());  // of keep_made()
  });
  return report;
}

MadeChange CalibrationResults::read_made(const Site& site, const ChainKey& key, Index rows,
                                         Index cols) const {
  MadeChange made;
  read_calibration_file(path_of(site, key), [&](const Json& header, ByteCursor& bytes) {
    check_header(site, key, header, bytes);
    made.made.resize(rows, cols);
    made.report = decode_weight(header, bytes, made.made);
    made.report_before = {.clipped = header.value("clipped_before", Index{0}),
                          .notes = header.value("notes_before", Json())};
    if (header.value("before", false)) {
      made.before.resize(rows, cols);
      decode_matrix(bytes, made.before);
    }
    made.clipped = decode_marks(header.value("marks", Json()), rows * cols, bytes);
    made.clipped_before = decode_marks(header.value("marks_before", Json()), rows * cols, bytes);
    made.integers = decode_integers(header.value("integers", Json()), rows, bytes);
  });
  return made;
}

std::vector<InputStatisticsPtr> CalibrationResults::read_statistics(const Site& site,
                                                                    const ChainKey& key) const {
  std::vector<InputStatisticsPtr> all;
  read_calibration_file(path_of(site, key), [&](const Json& header, ByteCursor& bytes) {
    check_header(site, key, header, bytes);
    for (Index i = 0; i < header.value("statistics", Index{0}); ++i)
      all.push_back(decode_statistics(bytes));
  });
  return all;
}

}  // namespace nf
