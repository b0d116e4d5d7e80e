/// Hashes of models' files are kept between calls of the program, and when they are not trusted.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "core/io/read_json.h"
#include "eval/records/file_names.h"
#include "tests/support/experiment_files.h"
#include "tests/support/forged_hash.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

class IntegrationRehash : public testing::Test {
 protected:
  IntegrationRehash() {
    files_.write_experiment("  []\n");
    for (const char* model : {"opt", "llama"})
      fs::last_write_time(weights(model), fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  fs::path weights(const std::string& model) const {
    return files_ / (model + "/model.safetensors");
  }

  ProgramResult call(const std::vector<std::string>& words) const {
    return run_program(words, files_.dir(), {"XDG_CACHE_HOME=" + (files_ / "cache").string()});
  }

  /// The hash of the first model that a run puts into its manifest.
  std::string hash_in_run(const std::string& out, const std::vector<std::string>& options = {}) {
    std::vector<std::string> words = {"run",         "e.yaml", "--quiet", "--set",
                                      "floor=false", "--out",  out};
    words.insert(words.end(), options.begin(), options.end());
    const ProgramResult result = call(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const fs::path manifest = files_ / (out + "/" + kManifest);
    return read_json(manifest).at("models").at(0).at("model_hash").get<std::string>();
  }

  /// The last bit of the weights, in a file whose time of modification stays the same.
  void change_in_place(const fs::path& file) const {
    const fs::file_time_type time = fs::last_write_time(file);
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(-4, std::ios::end);
    const int byte = stream.get();
    stream.seekp(-4, std::ios::end);
    stream.put(static_cast<char>(byte ^ 1));
    stream.close();
    fs::last_write_time(file, time);
  }

  /// The kept hashes of a model's weights.
  fs::path entry_of(const std::string& model) const {
    for (const fs::directory_entry& entry :
         fs::directory_iterator(files_ / "cache/noisefloor/hashes"))
      if (read_text_file(entry.path()).find("/" + model + "/model.safetensors") !=
          std::string::npos)
        return entry.path();
    return {};
  }

  std::size_t entries() const {
    const fs::path dir = files_ / "cache/noisefloor/hashes";
    const fs::directory_iterator all(dir);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationRehash, AKnownFileIsTrustedUnlessAskedOtherwise) {
  const std::string hash = hash_in_run("first");
  EXPECT_EQ(entries(), 2u);
  forge_hash(entry_of("opt"));
  EXPECT_NE(hash_in_run("trusted"), hash) << "the kept hash is taken";
  EXPECT_EQ(call({"verify", "first"}).exit_code, 0) << "verify reads the files";
  EXPECT_EQ(call({"verify", "trusted"}).exit_code, 2);
  EXPECT_EQ(hash_in_run("anew", {"--rehash"}), hash);
  EXPECT_EQ(hash_in_run("again"), hash) << "what was read anew is trusted from then on";
}

TEST_F(IntegrationRehash, APlanKeepsWhatItReads) {
  EXPECT_EQ(call({"plan", "e.yaml"}).exit_code, 0);
  EXPECT_EQ(entries(), 2u);
  EXPECT_EQ(call({"plan", "e.yaml", "--rehash"}).exit_code, 0);
  EXPECT_EQ(entries(), 2u);
}

TEST_F(IntegrationRehash, AFileThatIsWrittenToIsReadAgain) {
  const std::string hash = hash_in_run("first");
  change_in_place(weights("opt"));
  EXPECT_NE(hash_in_run("second"), hash);
}

}  // namespace
}  // namespace nf
