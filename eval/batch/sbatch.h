#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/batch/launch_file.h"

namespace nf {

/// Words of a call of sbatch: `script` behind the options, its argument behind that.
std::vector<std::string> sbatch_words(const std::vector<std::string>& options,
                                      const std::filesystem::path& script,
                                      const std::string& argument = {});

/// The number of the job in what `sbatch --parsable` printed, "123" or "123;cluster", possibly
/// behind lines of a site's own. Throws DataError where there is none.
SubmittedJob parse_sbatch(const std::string& printed);

/// Submits a job. Throws DataError where Slurm does not take it, with its own words and what can be
/// done.
SubmittedJob submit_job(const std::vector<std::string>& words);

/// Advice on a refusal of sbatch; "" where nothing is known.
std::string sbatch_advice(const std::string& printed);

}  // namespace nf
