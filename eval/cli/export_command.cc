#include "core/base/counted.h"
#include "core/base/error.h"
#include "eval/cli/command.h"
#include "eval/export/records_csv.h"
#include "eval/export/records_sqlite.h"
#include "eval/output/standard_streams.h"
#include "eval/records/file_names.h"

namespace nf {

int export_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line("export RUN [--sqlite FILE] [--csv FILE]",
                   "Writes a run folder, finished or not, as an SQLite database (docs/sqlite.md "
                   "describes the\n"
                   "tables) or as one flat CSV table with a row per trial and window, or choice of "
                   "a question.\n"
                   "One of them at least must be asked for. A file that is there is replaced if it "
                   "is such an\n"
                   "export.");
  line.positional("RUN", "the run folder")
      .option("sqlite", "the database to write")
      .option("csv", "the table to write");
  if (!line.parse(arguments)) return 0;
  if (!line.has("sqlite") && !line.has("csv"))
    throw ConfigError("--sqlite or --csv is missing; see 'noisefloor export --help'");
  const RunContents run = RunFolder::read(line.text("RUN"));
  if (run.records.empty())
    throw ConfigError((run.dir / kRecords).string() +
                      ": holds no records yet, there is nothing to export");
  if (line.has("sqlite"))
    print_out("{}: {} from {}\n", line.text("sqlite"),
              counted(export_sqlite(run, kinds->metrics, line.text("sqlite")), "row"),
              counted(std::ssize(run.records), "record"));
  if (line.has("csv"))
    print_out("{}: {} from {}\n", line.text("csv"),
              counted(export_csv(run, line.text("csv")), "row"),
              counted(std::ssize(run.records), "record"));
  return 0;
}

}  // namespace nf
