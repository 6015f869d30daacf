// A table of a DuckLake: data files first, then one transaction of the catalog, which the tables of
// ours are in.

#include <fmt/format.h>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/text.h"
#include "follow/follow_target.h"
#include "follow/record_tables.h"
#include "ingest/lake_target.h"
#include "ingest/past_batches.h"
#include "ingest/plan_columns.h"

namespace sluice::follow {
namespace {

class DuckLakeTarget final : public FollowTarget {
 public:
  explicit DuckLakeTarget(const TargetSetting& setting)
      : location_(setting.location),
        table_{setting.table.schema.empty() ? "main" : setting.table.schema, setting.table.name},
        engine_(*setting.engine),
        state_(setting.state),
        wait_(setting.wait) {}

  Status open(bool make) override {
    end();
    target_.emplace(location_, table_, engine_);
    TRY(target_->open(make, wait_));
    if (!make) return {};
    // What a process that died left in the lake's folder.
    TRY(ingest::clean_up(state_, *target_, make_ulid()));
    TRY(target_->begin(wait_));
    TRY_ASSIGN(const bool there, target_->database().has_table(kRecordTable));
    if (!there) {
      TRY(make_record_tables(sql()));
      TRY(target_->database().commit());
    }
    target_->end();
    return {};
  }

  Result<Records> begin() override {
    TRY(target_->begin(wait_));
    if (target_->database().dialect().name == "postgres") {
      TRY(target_->database().query(kCommitToDisk));
    }
    TRY_ASSIGN(auto view, target_->look());
    view_.emplace(std::move(view));
    TRY_ASSIGN(const bool there, target_->database().has_table(kRecordTable));
    if (!there) return Records();
    return read_records(sql(), table_.display());
  }
  void end() override {
    if (target_) target_->end();
  }

  Result<std::optional<ingest::ColumnPlan>> columns() override {
    if (!view_->table()) return std::nullopt;
    TRY_ASSIGN(auto plan, ingest::plan_for_table(*view_->table(), std::nullopt));
    return std::optional(std::move(plan));
  }

  Status land(Landing& landing) override {
    if (landing.rows == nullptr) return commit_beside(landing);
    if (view_->table() && !landing.key.empty()) TRY(drop_known(*landing.rows));
    TRY_ASSIGN(const auto counts, landing.rows->count());
    landing.inserted = counts.inserted();
    if (landing.inserted == 0 && view_->table()) return commit_beside(landing);
    return commit_rows(landing);
  }

  // What a lake's table cannot hold was found when the rows were staged.
  bool blames_row(const Error&) const override { return false; }

  Result<std::vector<DeadLetter>> dead_letters() override {
    TRY(target_->begin(wait_));
    const auto read = [&]() -> Result<std::vector<DeadLetter>> {
      TRY_ASSIGN(const bool there, target_->database().has_table(kDeadTable));
      if (!there) return std::vector<DeadLetter>();
      return read_dead(sql(), table_.display());
    };
    auto letters = read();
    target_->end();
    return letters;
  }

 private:
  TargetSql sql() {
    TargetSql out;
    out.execute = [this](const std::string& text) { return target_->database().execute(text); };
    out.query = [this](const std::string& text) { return target_->database().query(text); };
    out.name = [this](std::string_view name) { return target_->database().table(name); };
    return out;
  }

  Status drop_known(ingest::StagedRows& rows) {
    TRY_ASSIGN(const auto ranges, rows.key_ranges());
    std::vector<ducklake::KeyRange> of_columns;
    for (const ingest::ColumnRange& range : ranges) {
      for (const ducklake::LakeColumn& column : view_->table()->columns) {
        if (column.row.name == range.column) {
          of_columns.push_back({column.row.id, range.min, range.max});
        }
      }
    }
    TRY_ASSIGN(const std::string relation, view_->rows_of(view_->files_within(of_columns, {})));
    TRY(rows.drop_found_in(relation));
    return {};
  }

  Status write_beside(const Landing& landing) {
    TRY(write_dead(sql(), table_.display(), landing.dead));
    return write_records(sql(), table_.display(), landing.counted());
  }

  // No row is new: there is no snapshot.
  Status commit_beside(const Landing& landing) {
    TRY(write_beside(landing));
    crash_point();
    const Status done = target_->database().commit();
    crash_point();
    target_->end();
    return done;
  }

  Status commit_rows(const Landing& landing) {
    ingest::BatchFolder folder(state_, make_ulid());
    TRY(folder.make());
    TRY(folder.begin(target_->display(), table_.display(), {}));
    TRY_ASSIGN(const auto written, target_->write(*landing.rows, *view_, folder, 1));
    const auto outcome =
        target_->commit(*view_, landing.rows->plan(), !landing.key.empty(), written, folder.batch(),
                        nullptr, [&] { return write_beside(landing); });
    target_->end();
    if (outcome && *outcome == ingest::CommitOutcome::kCommitted) {
      TRY(folder.done({{"snapshot", target_->snapshot()}}));
      folder.tidy_up();
      return {};
    }
    // After an outcome that is not known a later batch asks the catalog what became of the files.
    if (!outcome && outcome.error().kind == ErrorKind::kTransient) return fail(outcome.error());
    target_->remove(written);
    folder.tidy_up();
    if (!outcome) return fail(outcome.error());
    return fail(Error(ErrorKind::kTransient,
                      fmt::format("table {} was changed by others", table_.display()))
                    .about(table_.display()));
  }

  Location location_;
  TableName table_;
  Engine& engine_;
  std::filesystem::path state_;
  std::chrono::milliseconds wait_;
  std::optional<ingest::LakeTarget> target_;
  std::optional<ducklake::TableView> view_;
};

}  // namespace

Result<std::unique_ptr<FollowTarget>> follow_ducklake(const TargetSetting& setting) {
  return std::make_unique<DuckLakeTarget>(setting);
}

}  // namespace sluice::follow
