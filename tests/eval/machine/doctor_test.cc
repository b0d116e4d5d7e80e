#include "eval/machine/doctor.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/io/read_json.h"
#include "eval/run/preparation.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

MachineCheck check_of(const DoctorReport& report, const std::string& what) {
  for (const MachineCheck& check : report.checks)
    if (check.what == what) return check;
  return {.what = "none"};
}

/// What a worker left in a folder, of a machine whose products gave that.
void write_manifest(const fs::path& dir, const Json& env) {
  std::ofstream(dir / "manifest.json") << Json{{"env", env}, {"numerics", 1}};
}

TEST(Doctor, SaysWhatAMachineIs) {
  const TempDir dir;
  const DoctorReport report = examine_machine(dir.path());
  EXPECT_TRUE(report.is_fit()) << report.text();
  EXPECT_TRUE(report.text().ends_with("fit to work\n"));
  for (const char* what : {"processor", "memory", "products", "speed", "folder", "claims", "clock"})
    EXPECT_EQ(check_of(report, what).what, what);
  EXPECT_EQ(check_of(report, "products").data.at("eight").size(), 8u);
  const Json json = report.to_json();
  EXPECT_TRUE(json.at("fit").get<bool>());
  EXPECT_EQ(json.at("env"), numerics_env());
  EXPECT_EQ(WorkRates::of_json(json.at("rates"), "here"), report.rates);
  EXPECT_GT(report.rates.block_flops, 1e8);
  EXPECT_GT(report.rates.distorting, report.rates.packing);
  EXPECT_GT(report.rates.measuring, report.rates.distorting);
}

TEST(Doctor, ComparesProductsWithThoseOfRecords) {
  const TempDir dir;
  Json env = numerics_env();
  env["isa"] = "of another name";
  write_manifest(dir.path(), env);
  const DoctorReport alike = examine_machine(dir.path());
  EXPECT_TRUE(alike.is_fit()) << alike.text();
  EXPECT_NE(alike.text().find("agree with those of"), std::string::npos) << alike.text();

  env["products"] = "0123456789abcdef";
  write_manifest(dir.path(), env);
  const DoctorReport other = examine_machine(dir.path());
  EXPECT_FALSE(other.is_fit());
  EXPECT_NE(other.text().find("isa: avx2"), std::string::npos) << other.text();
  EXPECT_TRUE(other.text().ends_with("not fit to work: see what to change above\n"));

  std::ofstream(dir / "env.json") << numerics_env();  // of a batch folder's first worker
  EXPECT_TRUE(examine_machine(dir.path()).is_fit());
}

/// Records in bf16 are of other products than those of f32.
TEST(Doctor, ComparesInTheArithmeticOfTheExperiment) {
  const TempDir dir;
  std::ofstream(dir / "resolved.yaml") << "experiment: e\narithmetic: bf16\n";
  if (!bf16_is_native()) {
    const DoctorReport report = examine_machine(dir.path());
    EXPECT_FALSE(report.is_fit());
    EXPECT_NE(check_of(report, "products").advice.find("no bf16 products of its own"),
              std::string::npos)
        << report.text();
    return;
  }
  Json env = numerics_env(Arithmetic::bf16);
  std::ofstream(dir / "env.json") << env;
  const DoctorReport alike = examine_machine(dir.path());
  EXPECT_TRUE(alike.is_fit()) << alike.text();
  EXPECT_EQ(alike.to_json().at("env"), env);
  EXPECT_EQ(check_of(alike, "products").data.at("bf16").size(), 9u);

  env["products_bf16"] = "0123456789abcdef";
  std::ofstream(dir / "env.json") << env;
  const DoctorReport other = examine_machine(dir.path());
  EXPECT_FALSE(other.is_fit());
  EXPECT_NE(check_of(other, "products").advice.find("products_bf16"), std::string::npos)
      << other.text();
}

}  // namespace
}  // namespace nf
