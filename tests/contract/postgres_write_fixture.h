// Runs that write into a PostgreSQL database of their own.
#pragma once

#include "contract/postgres_database.h"

namespace sluice::testing {

inline constexpr const char* kRun = "01JD0000000000000000000001";

class PostgresWriteFixture : public PostgresDatabase {
 protected:
  TargetColumn column(const std::string& name, const Type& type, bool nullable = true) {
    const TypeRule rule = endpoint_->rule(type);
    TargetColumn out;
    out.name = name;
    out.type = rule.carried;
    out.native_type = rule.native_type;
    out.nullable = nullable;
    return out;
  }

  TargetTable people(IfExists if_exists = IfExists::kFail) {
    TargetTable table;
    table.name = {"public", "people"};
    table.columns = {column("id", simple_type(TypeKind::kInt64), false),
                     column("name", simple_type(TypeKind::kText))};
    table.keys = {{KeyKind::kPrimary, "people_pkey", {"id"}}};
    table.if_exists = if_exists;
    table.merge_key = {"id"};
    return table;
  }

  Status start(const std::string& run = kRun) {
    writer_.reset();
    auto writer = endpoint_->write(run, plan_);
    if (!writer) return fail(std::move(writer.error()));
    writer_ = std::move(*writer);
    return writer_->prepare(plan_);
  }

  Result<ChunkReceipt> write(const std::string& select, int chunk = 0, std::size_t table = 0) {
    ChunkJob job;
    job.table = &plan_.tables.at(table);
    job.chunk = chunk;
    job.select_sql = select;
    return writer_->write_chunk(job, *connection_);
  }

  // All steps with the given rows.
  Status migrate(const std::vector<std::string>& selects, const std::string& run = kRun) {
    TRY(start(run));
    for (std::size_t i = 0; i < selects.size(); ++i) {
      auto receipt = write(selects[i], 0, i);
      if (!receipt) return fail(std::move(receipt.error()));
    }
    for (const TargetTable& table : plan_.tables) TRY(writer_->finish(table));
    return writer_->publish();
  }

  std::string sluice_schemas() {
    return value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'sluice%'");
  }

  TargetPlan plan_;
};

}  // namespace sluice::testing
