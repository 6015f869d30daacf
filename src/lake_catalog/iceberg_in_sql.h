// A catalog in SQL as an IcebergCatalog: this side makes the next metadata, writes it as a file and
// swaps the tables' rows, all of a batch in one transaction.
//
// A file NNNNN-UUID.metadata.json is written before the swap and has no other use. Lost races leave
// none; where nobody can tell whether the swap happened it stays, as does that of a process that
// was killed.
#pragma once

#include <functional>

#include "lake_catalog/iceberg_catalog.h"
#include "lake_catalog/iceberg_files.h"
#include "lake_catalog/iceberg_sql_catalog.h"

namespace sluice {

// Again for each connection that is lost.
using OpenCatalogDatabase = std::function<Result<std::unique_ptr<CatalogDatabase>>()>;

struct IcebergInSqlOptions {
  std::string catalog;    // the rows' name
  std::string warehouse;  // an address, "" where new tables cannot be made
  S3Settings s3;
  const CancelToken* cancel = nullptr;
  std::chrono::milliseconds wait{60'000};
};

class IcebergInSql : public IcebergCatalog {
 public:
  IcebergInSql(std::unique_ptr<CatalogDatabase> database, OpenCatalogDatabase open,
               IcebergInSqlOptions options);

  const std::string& display() const override { return display_; }
  Result<std::vector<std::string>> namespaces() override { return rows_->namespaces(); }
  Result<std::map<std::string, std::string>> properties(const std::string& space) override;
  Status create_namespace(const std::string& space,
                          const std::map<std::string, std::string>& properties) override {
    return rows_->create_namespace(space, properties);
  }
  Status drop_namespace(const std::string& space) override { return rows_->drop_namespace(space); }
  Result<std::vector<std::string>> tables(const std::string& space) override {
    return rows_->tables(space);
  }
  Result<std::optional<IcebergTable>> load(const IcebergName& name) override;
  Result<IcebergTable> stage(const IcebergName& name, const iceberg::NewTable& table) override;
  Result<bool> commits_together() override { return true; }
  Result<IcebergCommitResult> commit(const std::vector<IcebergChange>& batch) override;
  Result<CommitOutcome> drop(const IcebergTable& seen) override;
  Result<CommitOutcome> rename(const IcebergName& from, const IcebergName& to) override;

 private:
  enum class Swapped { kYes, kNo, kUnknown };
  using Pointer = std::optional<IcebergPointer>;

  Result<IcebergSwap> prepare(const IcebergChange& change, std::vector<std::string>& written);
  Result<CommitOutcome> swap_once(const std::vector<IcebergSwap>& swaps);
  // Asks a new connection.
  Result<Pointer> ask(const IcebergName& name);
  Swapped ask_for(const IcebergSwap& swap);
  // Runs what changes one row, and again where it is known that it did not happen.
  Result<CommitOutcome> settle(const std::function<Result<CommitOutcome>()>& change,
                               const std::function<Result<Swapped>()>& look);
  void use(std::unique_ptr<CatalogDatabase> database);
  void remove(const std::vector<std::string>& written);
  Result<std::string> folder_for(const IcebergName& name, const std::string& uuid);

  std::unique_ptr<CatalogDatabase> database_;
  std::optional<IcebergSqlCatalog> rows_;
  OpenCatalogDatabase open_;
  IcebergInSqlOptions options_;
  IcebergFiles files_;
  std::string display_;
};

}  // namespace sluice
