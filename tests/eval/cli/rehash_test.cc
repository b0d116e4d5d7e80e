/// Hashes of models' files are kept between calls of the program, and when they are not trusted.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "core/io/read_json.h"
#include "eval/records/file_names.h"
#include "tests/support/experiment_files.h"
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

  /// The last bit of the weights, in a file whose state stays the same.
  void change_unseen(const fs::path& file) const {
    const fs::file_time_type time = fs::last_write_time(file);
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(-4, std::ios::end);
    const int byte = stream.get();
    stream.seekp(-4, std::ios::end);
    stream.put(static_cast<char>(byte ^ 1));
    stream.close();
    fs::last_write_time(file, time);
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
  change_unseen(weights("opt"));
  EXPECT_EQ(hash_in_run("trusted"), hash);

  const ProgramResult verified = call({"verify", "first"});
  EXPECT_EQ(verified.exit_code, 2) << "verify reads the files";
  EXPECT_NE(verified.err.find("other weights or another config"), std::string::npos)
      << verified.err;

  const std::string now = hash_in_run("anew", {"--rehash"});
  EXPECT_NE(now, hash);
  EXPECT_EQ(hash_in_run("again"), now) << "what was read anew is trusted from then on";
}

TEST_F(IntegrationRehash, APlanKeepsWhatItReads) {
  EXPECT_EQ(call({"plan", "e.yaml"}).exit_code, 0);
  EXPECT_EQ(entries(), 2u);
  EXPECT_EQ(call({"plan", "e.yaml", "--rehash"}).exit_code, 0);
  EXPECT_EQ(entries(), 2u);
}

TEST_F(IntegrationRehash, AFileThatIsWrittenToIsReadAgain) {
  const std::string hash = hash_in_run("first");
  change_unseen(weights("opt"));
  fs::last_write_time(weights("opt"), fs::file_time_type::clock::now());
  EXPECT_NE(hash_in_run("second"), hash);
}

}  // namespace
}  // namespace nf
