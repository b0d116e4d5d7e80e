// Times what reads records on folders of any size: merge of shards, then show, compare and report
// of the folder that comes out, each in a process of its own, beside the floor: what reading the
// bytes, finding the lines and converting the numbers cost at least.
//
//   merge_bench DIR MEGABYTES [merge] [show] [compare] [report]
//
// NOISEFLOOR_PROGRAM in the environment is another program than the one it was built with.
//
// DIR/run is a small run of the program over a tiny model: 256 windows, noise on weights and on
// inputs, a quantizer, three seeds each. Its trials are multiplied under fresh names and ids into
// DIR/shard-1 and so on, until all of them together have so many megabytes; every shard has the
// baseline, as shards of a sweep do, and what the first copies have stands in two shards. Folders
// that are there already are taken as they are.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/content_hash.h"
#include "core/io/line_pieces.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/records/file_names.h"
#include "tests/bench/bench_support.h"
#include "tests/support/tiny_model.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kShards = 4, kWindows = 256, kContext = 32, kVocab = 300;

/// What a process took.
struct ProcessCost {
  double wall = 0.0, cpu = 0.0;  ///< seconds
  double memory = 0.0;           ///< MB at its peak
};

ProcessCost run(const std::vector<std::string>& words) {
  int status = 0;
  struct rusage usage {};
  ProcessCost cost;
  cost.wall = seconds_of([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      if (const int null = ::open("/dev/null", O_WRONLY); null >= 0) ::dup2(null, STDOUT_FILENO);
      std::vector<char*> arguments;
      for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      ::execv(arguments.front(), arguments.data());
      ::_exit(127);
    }
    if (child < 0 || ::wait4(child, &status, 0, &usage) != child)
      throw std::runtime_error("cannot run " + words.front());
  });
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(fmt::format("{} {} failed", words[0], words[1]));
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  cost.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost.memory = static_cast<double>(usage.ru_maxrss) * 1024e-6;
  return cost;
}

/// The run whose records are multiplied.
void make_run(const fs::path& dir, const std::string& program) {
  tiny_opt({.vocab_size = kVocab}).write(dir / "model");
  write_npy(dir / "ids.npy", std::to_string(kWindows * kContext) + ",",
            random_ids(kWindows * kContext, kVocab));
  std::ofstream(dir / "e.yaml") << fmt::format(
      "experiment: e\nmodel: model\ndata: {{ids: ids.npy, context: {}, windows: {}}}\n"
      "floor: false\ntrials:\n"
      "  - name: w\n    repeat: 3\n    perturb: [{{sites: {{tensor: weight}}, noise: gaussian, "
      "strength: {{relative_l2: 0.1}}}}]\n"
      "  - name: x\n    repeat: 3\n    perturb: [{{sites: {{tensor: input}}, noise: gaussian, "
      "strength: {{relative_l2: 0.05}}}}]\n"
      "  - name: q\n    quantize: [{{sites: {{tensor: weight}}, grid: uniform, bits: 4, "
      "granularity: channel}}]\n",
      kContext, kWindows);
  run({program, "run", (dir / "e.yaml").string(), "--out", (dir / "run").string()});
}

/// A trial of the small run.
struct Source {
  std::string id, name;
  std::string rest;  ///< of its line, behind the name
  Json row;          ///< of manifest.json
};

/// The records of the run with their rows, the baseline first.
std::vector<Source> read_sources(const fs::path& run, const Json& manifest) {
  std::vector<Source> sources;
  LinePieces pieces(run / kRecords);
  for (const Json& row : manifest.at("rows"))
    sources.push_back({row.at("id"), row.at("name"), "", row});
  for (;;) {
    const std::vector<std::string_view>& lines = pieces.next();
    if (lines.empty()) break;
    for (const std::string_view line : lines)
      for (Source& source : sources) {
        const std::string head =
            fmt::format("{{\"id\":\"{}\",\"name\":\"{}\"", source.id, source.name);
        if (line.starts_with(head)) source.rest = line.substr(head.size());
      }
  }
  std::erase_if(sources, [](const Source& source) { return source.rest.empty(); });
  return sources;
}

/// Writes one shard as a run would have left it, but for the tables.
class Shard {
 public:
  Shard(const fs::path& dir, const fs::path& run, Json manifest)
      : dir_(dir), manifest_(std::move(manifest)) {
    fs::create_directories(dir);
    for (const char* name : {kExperiment, kResolved}) fs::copy_file(run / name, dir / name);
    manifest_["rows"] = Json::array();
    manifest_.erase("csv_records");
    records_.open(dir / kRecords, std::ios::binary);
  }

  /// The trial's copy of that number; 0: itself. Returns its bytes.
  Index add(const Source& source, Index copy) {
    Json row = source.row;
    if (copy > 0) {
      ContentHash hash;
      hash.add(fmt::format("{} {}", source.id, copy));
      row["id"] = hash.hex().substr(0, source.id.size());
      row["name"] = fmt::format("{}-{}", source.name, copy);
    }
    const std::string line =
        fmt::format("{{\"id\":\"{}\",\"name\":\"{}\"{}\n", row["id"].get<std::string>(),
                    row["name"].get<std::string>(), source.rest);
    records_ << line;
    manifest_["rows"].push_back(std::move(row));
    return std::ssize(line);
  }
  void close() {
    if (!records_.flush()) throw std::runtime_error("cannot write " + dir_.string());
    write_file_atomically(dir_ / kManifest, manifest_.dump(2) + '\n');
  }

 private:
  fs::path dir_;
  Json manifest_;
  std::ofstream records_;
};

std::vector<fs::path> make_shards(const fs::path& dir, Index bytes) {
  const Json manifest = read_json(dir / "run" / kManifest);
  const std::vector<Source> sources = read_sources(dir / "run", manifest);
  std::vector<fs::path> paths;
  std::vector<Shard> shards;
  for (Index s = 1; s <= kShards; ++s) {
    paths.push_back(dir / fmt::format("shard-{}", s));
    shards.emplace_back(paths.back(), dir / "run", manifest);
    bytes -= shards.back().add(sources.front(), 0);
  }
  for (Index copy = 1; bytes > 0; ++copy)
    for (std::size_t i = 1; i < sources.size(); ++i) {
      bytes -= shards[static_cast<std::size_t>(copy % kShards)].add(sources[i], copy);
      if (copy == 1) bytes -= shards[2].add(sources[i], copy);
    }
  for (Shard& shard : shards) shard.close();
  return paths;
}

/// The steps that no reader can do without, one thread: seconds of each.
struct Floor {
  double read = 0.0, lines = 0.0, numbers = 0.0;
  Index bytes = 0, records = 0, digits = 0;
};

/// Converts every number of a line.
Index convert_numbers(std::string_view line, double& sum) {
  Index count = 0;
  const char *at = line.data(), *const end = at + line.size();
  while (at < end) {
    if (*at == '"') {  // names, and digits that are none
      do ++at;
      while (at < end && *at != '"');
      ++at;
      continue;
    }
    double value = 0.0;
    if ((*at == '-' || (*at >= '0' && *at <= '9')) && (at = std::from_chars(at, end, value).ptr)) {
      sum += value;
      ++count;
      continue;
    }
    ++at;
  }
  return count;
}

Floor measure_floor(const std::vector<fs::path>& folders) {
  Floor floor;
  double sum = 0.0;
  for (const fs::path& folder : folders) {
    std::string piece(std::size_t{16} << 20, '\0');
    floor.read += seconds_of([&] {
      PosixFile file(folder / kRecords, O_RDONLY);
      while (const Index got = file.read_next(std::as_writable_bytes(std::span(piece))))
        floor.bytes += got;
    });
    LinePieces pieces(folder / kRecords);
    for (std::size_t lines = 1; lines > 0;) {
      const std::vector<std::string_view>* found = nullptr;
      floor.lines += seconds_of([&] { found = &pieces.next(); });
      lines = found->size();
      floor.records += std::ssize(*found);
      floor.numbers += seconds_of([&] {
        for (const std::string_view line : *found) floor.digits += convert_numbers(line, sum);
      });
    }
  }
  if (sum == 0.0) throw std::runtime_error("no number in the records");
  return floor;
}

/// The shards of DIR, made where they are not there.
std::vector<fs::path> shards_of(const fs::path& dir, Index megabytes, const std::string& program) {
  fs::create_directories(dir);
  if (!fs::exists(dir / "run")) make_run(dir, program);
  std::vector<fs::path> shards;
  for (Index s = 1; fs::exists(dir / fmt::format("shard-{}", s)); ++s)
    shards.push_back(dir / fmt::format("shard-{}", s));
  return shards.empty() ? make_shards(dir, megabytes * 1'000'000) : shards;
}

void print_floor(const Floor& floor, double size) {
  fmt::print("| floor, one thread | s | MB/s |\n|---|---|---|\n");
  const auto print_row = [size](const std::string& what, double seconds) {
    fmt::print("| {} | {:.2f} | {:.0f} |\n", what, seconds, size / seconds);
  };
  print_row("reading the bytes", floor.read);
  print_row("and finding the lines", floor.lines);
  print_row(fmt::format("converting {:.1f} M numbers", static_cast<double>(floor.digits) * 1e-6),
            floor.numbers);
}

void bench(const fs::path& dir, Index megabytes, std::vector<std::string> commands) {
  const char* const other = std::getenv("NOISEFLOOR_PROGRAM");
  const std::string program = other != nullptr ? other : NF_PROGRAM;
  const std::vector<fs::path> shards = shards_of(dir, megabytes, program);
  const Floor floor = measure_floor(shards);
  const double size = static_cast<double>(floor.bytes) * 1e-6;
  fmt::print("{}\n{} shards, {} records, {:.0f} MB\n\n", machine_line(), shards.size(),
             floor.records, size);
  print_floor(floor, size);

  const std::string merged = (dir / "merged").string(), page = (dir / "report.html").string();
  std::map<std::string, std::vector<std::string>> words = {{"merge", {}},
                                                           {"show", {merged}},
                                                           {"compare", {merged, "w-1", "x-1"}},
                                                           {"report", {merged, "--out", page}}};
  for (const fs::path& shard : shards) words["merge"].push_back(shard.string());
  words["merge"].insert(words["merge"].end(), {"--out", merged});
  if (commands.empty()) commands = {"merge", "show", "compare", "report"};
  fmt::print("\n| | s | processor s | MB a processor s | memory, MB |\n|---|---|---|---|---|\n");
  for (const std::string& command : commands) {
    if (command == "merge") fs::remove_all(merged);
    std::vector<std::string> line = {program, command};
    line.insert(line.end(), words.at(command).begin(), words.at(command).end());
    const ProcessCost cost = run(line);
    fmt::print("| `{}` | {:.2f} | {:.2f} | {:.0f} | {:.0f} |\n", command, cost.wall, cost.cpu,
               size / cost.cpu, cost.memory);
    std::fflush(stdout);
  }
  if (fs::exists(page))
    fmt::print("\nreport.html: {:.1f} MB\n", static_cast<double>(fs::file_size(page)) * 1e-6);
}

}  // namespace
}  // namespace nf

int main(int count, char** words) {
  if (count < 3) {
    fmt::print(stderr, "usage: merge_bench DIR MEGABYTES [merge] [show] [compare] [report]\n");
    return 2;
  }
  try {
    nf::bench(words[1], std::atol(words[2]), {words + 3, words + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
