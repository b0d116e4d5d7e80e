#pragma once

/// A folder with what an experiment needs: tiny models, a text, the experiment's own file, and a
/// reader for what a run leaves behind.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {

class ExperimentFiles {
 public:
  /// opt/ and llama/ (tiny_opt and tiny_llama) and text.txt: plain English of about 1500 tokens.
  ExperimentFiles();

  const std::filesystem::path& dir() const { return temp_.path(); }
  std::filesystem::path operator/(const std::string& name) const { return temp_ / name; }
  /// Writes `text` to a file of that name; returns its path.
  std::filesystem::path write(const std::string& name, const std::string& text) const;
  /// e.yaml with the given trials: both models, windows of 32 tokens, the first 4 of them.
  std::filesystem::path write_experiment(const std::string& trials) const;

 private:
  TempDir temp_;
};

/// The first bytes of the embedded evaluation text, ASCII alone.
std::string plain_text(std::size_t bytes);

/// Entries under which every trial fails: weights of a size beyond f32, six times 1e9.
std::string overflowing_entries();

/// Lines of records.jsonl as they are compared between runs: in a fixed order, without the part
/// that may differ (`run`).
std::vector<std::string> comparable_records(const std::filesystem::path& run_folder);

/// The parts of these records, a line each, in a fixed order: windows, questions, statistics of
/// weights, failures. They are the same however the work was cut; statistics of inputs, in blocks
/// that follow the cuts, are left to sites.csv.
std::vector<std::string> recorded_parts(const std::filesystem::path& run_folder);

/// Rows of a CSV file without quoted fields, by column.
std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& file);

}  // namespace nf
