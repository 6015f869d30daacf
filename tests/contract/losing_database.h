// A catalog's database whose commits lose their answers.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "lake_catalog/catalog_database.h"

namespace sluice {

// Shared by all connections of a catalog. Every n-th commit, 0 is none.
struct DatabaseLosses {
  int lost_every = 0;    // it is done
  int unsent_every = 0;  // it is not
  bool is_on = false;
  std::atomic<int> commits{0};
};

class LosingDatabase : public CatalogDatabase {
 public:
  LosingDatabase(std::unique_ptr<CatalogDatabase> inner, std::shared_ptr<DatabaseLosses> losses)
      : inner_(std::move(inner)), losses_(std::move(losses)) {}

  Status commit() override {
    const int number = losses_->is_on ? ++losses_->commits : 0;
    const auto is_due = [&](int every) { return every > 0 && number > 0 && number % every == 0; };
    if (is_due(losses_->unsent_every)) {
      inner_->end();
      return lost();
    }
    const Status done = inner_->commit();
    return done && is_due(losses_->lost_every) ? lost() : done;
  }

  const CatalogDialect& dialect() const override { return inner_->dialect(); }
  const std::string& display() const override { return inner_->display(); }
  Result<bool> has_table(std::string_view name) override { return inner_->has_table(name); }
  Result<std::vector<std::string>> column_names(std::string_view table) override {
    return inner_->column_names(table);
  }
  Status remove_lake() override { return inner_->remove_lake(); }
  Status begin_read() override { return inner_->begin_read(); }
  Status begin_write(std::chrono::milliseconds wait) override { return inner_->begin_write(wait); }
  void end() override { inner_->end(); }
  Result<std::vector<CatalogRow>> query(const std::string& sql) override {
    return inner_->query(sql);
  }
  Status execute(const std::string& sql) override { return inner_->execute(sql); }
  std::string table(std::string_view name) const override { return inner_->table(name); }

 private:
  static Status lost() {
    return fail(Error(ErrorKind::kTransient, "the connection was lost").code("08007"));
  }

  std::unique_ptr<CatalogDatabase> inner_;
  std::shared_ptr<DatabaseLosses> losses_;
};

}  // namespace sluice
