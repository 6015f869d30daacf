// move_a_table SOURCE TARGET TABLE: moves one table with the library, as `sluice migrate` would,
// and says what was proven. For example: move_a_table duckdb:shop.duckdb sqlite:copy.db orders

#include <sluice/sluice.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: move_a_table SOURCE TARGET TABLE\n";
    return 2;
  }
  sluice::Settings settings;
  settings.state_folder = ".sluice";  // where the journal of runs is kept
  sluice::Sluice sluice(settings);

  // A plan writes nothing. It says beforehand whether a value would be lost.
  sluice::MigrateOptions options;
  options.source = argv[1];
  options.target = argv[2];
  options.selection.tables = {argv[3]};
  const auto plan = sluice.plan(options);
  if (!plan) {
    std::cerr << plan.error().message << "\n";
    return sluice::exit_code(plan.error().kind);
  }
  std::cout << plan->text;

  // The report comes also where the run failed after it began: its state and error say so.
  const auto report = sluice.migrate(options);
  if (!report) {
    std::cerr << report.error().message << "\n";
    return sluice::exit_code(report.error().kind);
  }
  for (const sluice::TableReport& table : report->tables) {
    std::cout << table.source << " -> " << table.target << ": " << table.rows_target
              << " rows, verified: " << (table.verified.empty() ? "no" : table.verified) << "\n";
  }
  std::cout << "run " << report->run << " is " << report->state << "\n";
  if (report->error) std::cerr << report->error->message << "\n";
  return sluice::exit_code(*report);
}
