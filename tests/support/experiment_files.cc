#include "tests/support/experiment_files.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "core/io/read_file.h"

namespace nf {

ExperimentFiles::ExperimentFiles() {
  tiny_opt().write(dir() / "opt");
  tiny_llama().write(dir() / "llama");
  write("text.txt", plain_text(2000));
}

std::filesystem::path ExperimentFiles::write(const std::string& name,
                                             const std::string& text) const {
  const std::filesystem::path path = temp_ / name;
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
  return path;
}

std::filesystem::path ExperimentFiles::write_experiment(const std::string& trials) const {
  return write("e.yaml",
               "experiment: e\n"
               "model: [opt, llama]\n"
               "data: {text: text.txt, context: 32, windows: 4}\n"
               "trials:\n" +
                   trials);
}

std::string plain_text(std::size_t bytes) {
  std::string text = read_text_file(NF_SOURCE_DIR "/assets/text/eval-en.txt");
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) >= 128; });
  return text.substr(0, bytes);
}

std::string overflowing_entries() {
  std::string entries;
  for (int i = 0; i < 6; ++i)
    entries += std::string(i > 0 ? ", " : "") +
               "{sites: {tensor: weight, roles: down_proj}, noise: gaussian, strength: "
               "{relative_l2: 1e9}}";
  return entries;
}

std::vector<std::string> comparable_records(const std::filesystem::path& run_folder) {
  std::istringstream file(read_text_file(run_folder / "records.jsonl"));
  std::vector<std::string> records;
  for (std::string line; std::getline(file, line);) {
    Json record = Json::parse(line);
    record.erase("run");
    records.push_back(record.dump());  // begins with the id
  }
  std::sort(records.begin(), records.end());
  return records;
}

std::vector<std::string> recorded_parts(const std::filesystem::path& run_folder) {
  std::vector<std::string> parts;
  for (const std::string& line : comparable_records(run_folder)) {
    const Json record = Json::parse(line);
    const std::string id = record["id"].get<std::string>() + ' ';
    if (record.contains("error")) parts.push_back(id + record["error"].dump());
    for (const char* key : {"windows", "questions", "sites"})
      for (const Json& part : record.value(key, Json::array()))
        if (key != std::string("sites") || !part.contains("windows"))
          parts.push_back(id + part.dump());
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& file) {
  const auto fields = [](const std::string& line) {
    std::vector<std::string> result(1);
    for (const char c : line) {
      if (c == ',')
        result.emplace_back();
      else
        result.back() += c;
    }
    return result;
  };
  std::istringstream text(read_text_file(file));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> columns = fields(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> values = fields(line);
    if (values.size() != columns.size()) throw std::runtime_error("not so many columns: " + line);
    rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) rows.back()[columns[i]] = values[i];
  }
  return rows;
}

}  // namespace nf
