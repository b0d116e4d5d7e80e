#include "eval/batch/trial_reader.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <span>

#include "core/base/error.h"
#include "core/io/posix_file.h"
#include "eval/batch/join_records.h"
#include "eval/records/read_record.h"

namespace nf {
namespace {

/// Reads lines of one folder after the other: no more than one file is open, of hundreds.
class LineReader {
 public:
  explicit LineReader(const std::vector<RunContents>& folders) : folders_(folders) {}

  /// Valid until the next call.
  std::string_view read(const RecordIndex::LinePlace& place, const RecordIndex::Line& line) {
    if (file_.empty() || folder_ != place.folder) {
      file_.clear();
      file_.emplace_back(folders_[place.folder].dir / kRecords, O_RDONLY);
      folder_ = place.folder;
    }
    text_.resize(static_cast<std::size_t>(line.size));
    if (file_.front().read_at(line.offset, std::as_writable_bytes(std::span(text_))) != line.size)
      throw DataError(fmt::format("{}: became shorter while it was read", file_.front().name()));
    return text_;
  }

 private:
  const std::vector<RunContents>& folders_;
  std::vector<PosixFile> file_;  ///< one, or none yet
  std::uint32_t folder_ = 0;
  std::string text_;
};

}  // namespace

TrialRecords TrialReader::read(Index trial) const {
  TrialRecords read;
  RecordJoin join(any_env_);
  LineReader lines(folders_);
  const std::string& id = index_.ids()[static_cast<std::size_t>(trial)];
  for (const RecordIndex::LinePlace& place : index_.places(trial)) {
    const RunContents& folder = folders_[place.folder];
    const Index number = static_cast<Index>(place.line) + 1;
    try {
      const std::string_view line = lines.read(place, index_.line(place));
      Record record = read_record(line, RecordParts::tables, folder.dir / kRecords, number);
      if (record.id != id)
        throw DataError(fmt::format("{}: has two ids", folder.line_place(number)));
      const RecordJoin::Added added = join.add(folder, number, std::move(record), line);
      if (added.newness == RecordJoin::Newness::all)
        read.whole.push_back(place);
      else if (added.rest)
        read.parts.emplace_back(place, record_to_line(*added.rest, metrics_));
      if (added.newness != RecordJoin::Newness::nothing)
        if (const Json& env = join.records().back().env;
            !env.empty() && (read.envs.empty() || read.envs.back().second != env))
          read.envs.emplace_back(place, env);
    } catch (const DataError&) {
      read.fault = RecordIndex::Fault{place, std::current_exception()};
      break;
    }
    while (read.conflicts.size() < join.conflicts().size())
      read.conflicts.emplace_back(place, join.conflicts()[read.conflicts.size()]);
  }
  read.repeated = join.repeated();
  read.other_copies = join.other_copies();
  read.records = join.take_records();
  return read;
}

}  // namespace nf
