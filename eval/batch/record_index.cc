#include "eval/batch/record_index.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/io/line_pieces.h"
#include "eval/records/read_record.h"

namespace nf {
namespace {

/// Bytes of a file that are read at once.
constexpr Index kPiece = Index{4} << 20;

/// The id that a line begins with, written without escapes; empty where it begins with anything
/// else.
std::string_view leading_id(std::string_view line) {
  constexpr std::string_view kHead = "{\"id\":\"";
  if (!line.starts_with(kHead)) return {};
  const std::string_view rest = line.substr(kHead.size());
  const std::size_t end = rest.find('"');
  if (end == std::string_view::npos) return {};
  const std::string_view id = rest.substr(0, end);
  const auto is_plain = [](char c) { return c >= ' ' && c != '\\'; };
  return std::all_of(id.begin(), id.end(), is_plain) ? id : std::string_view();
}

/// What is found in one file. Ids are numbered by the file alone.
struct FileLines {
  std::vector<RecordIndex::Line> lines{};
  std::vector<std::string> ids{};
  std::exception_ptr fault{};  ///< of the line behind the last one
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

/// The id of a line, which `read` holds where the line does not show it.
std::string_view id_of(std::string_view line, const std::filesystem::path& path, Index number,
                       std::string& read) {
  const std::string_view id = leading_id(line);
  if (!id.empty()) return id;
  read = read_record(line, RecordParts::figures, path, number).id;
  return read;
}

void read_lines(const std::filesystem::path& path, FileLines& found) {
  std::unordered_map<std::string, Index, TextHash, std::equal_to<>> by_id;
  LinePieces pieces(path, kPiece);
  Index offset = 0;
  for (;;) {
    const std::vector<std::string_view>& lines = pieces.next();
    if (lines.empty()) return;
    for (const std::string_view line : lines) {
      std::string read;
      const std::string_view id = id_of(line, path, std::ssize(found.lines) + 1, read);
      auto known = by_id.find(id);
      if (known == by_id.end()) {
        known = by_id.emplace(std::string(id), std::ssize(found.ids)).first;
        found.ids.emplace_back(id);
      }
      found.lines.push_back({offset, std::ssize(line), known->second});
      offset += std::ssize(line) + 1;
    }
  }
}

}  // namespace

RecordIndex::RecordIndex(const std::vector<RunContents>& folders) {
  std::vector<FileLines> files(folders.size());
  parallel_for(std::ssize(folders), [&](Index f) {
    const auto folder = static_cast<std::size_t>(f);
    try {
      read_lines(folders[folder].dir / kRecords, files[folder]);
    } catch (const DataError&) {
      files[folder].fault = std::current_exception();
    }
  });
  lines_.resize(folders.size());
  for (std::size_t f = 0; f < files.size() && !fault_; ++f) {
    FileLines& file = files[f];
    NF_CHECK(file.lines.size() < std::numeric_limits<std::uint32_t>::max(), "{} lines in {}",
             file.lines.size(), folders[f].dir.string());
    std::vector<Index> trials;  // by the file's own number
    for (const std::string& id : file.ids) {
      const auto [known, is_new] = by_id_.emplace(id, std::ssize(ids_));
      if (is_new) ids_.push_back(id);
      trials.push_back(known->second);
    }
    places_.resize(ids_.size());
    const auto folder = static_cast<std::uint32_t>(f);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      Line& line = file.lines[i];
      line.trial = trials[static_cast<std::size_t>(line.trial)];
      places_[static_cast<std::size_t>(line.trial)].push_back(
          {folder, static_cast<std::uint32_t>(i)});
    }
    if (file.fault)
      fault_ = Fault{{folder, static_cast<std::uint32_t>(file.lines.size())}, file.fault};
    lines_[f] = std::move(file.lines);
  }
}

std::optional<Index> RecordIndex::find(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

Index RecordIndex::bytes(Index trial) const {
  Index sum = 0;
  for (const LinePlace& place : places(trial)) sum += line(place).size;
  return sum;
}

}  // namespace nf
