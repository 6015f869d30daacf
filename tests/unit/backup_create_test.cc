#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "backup/backup.h"
#include "base/file.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRun = "01JA0000000000000000000000";
constexpr const char* kOtherRun = "01JB0000000000000000000000";

// An endpoint that can only be backed up: it writes `content`, or fails half-way.
class FakeEndpoint : public Endpoint {
 public:
  const Capabilities& capabilities() const override { return capabilities_; }
  TypeRule rule(const Type&) const override { return {}; }
  Result<std::unique_ptr<ReadSession>> read() override {
    return fail(ErrorKind::kInternal, "not asked for");
  }
  Result<std::unique_ptr<WriteSession>> write(const std::string&, const TargetPlan&) override {
    return fail(ErrorKind::kInternal, "not asked for");
  }
  Status backup(const std::string& file) override {
    ++backups;
    TRY(write_file_atomically(file, content));
    if (broken) return fail(ErrorKind::kTransient, "connection lost");
    return {};
  }
  Result<std::uint64_t> free_space() override { return 0; }

  std::string content = "the whole database";
  bool broken = false;
  int backups = 0;

 private:
  Capabilities capabilities_;
};

class BackupCreate : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sluice-backup-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    location_.kind = "sqlite";
    location_.path = (folder_ / "a.db").string();
    ASSERT_TRUE(write_file_atomically(location_.path, "live file"));
    state_ = folder_ / "state";
  }
  void TearDown() override { fs::remove_all(folder_); }
  Result<BackupRecord> create(const std::string& run = kRun) {
    return create_backup(endpoint_, location_, state_, run);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(state_ / "backups"), fs::directory_iterator()));
  }

  FakeEndpoint endpoint_;
  Location location_;
  fs::path folder_;
  fs::path state_;
};

TEST_F(BackupCreate, MakesArchiveAndDescription) {
  const auto made = create();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->file, (state_ / "backups" / (std::string(kRun) + "-a.db")).string());
  EXPECT_EQ(made->bytes, 18u);
  EXPECT_EQ(made->sha256, "5f98b9c21e378c18910f8f3d54f9210a10a3fe7ab7dcd92aca88340663278092");
  EXPECT_EQ(*read_file(made->file), "the whole database");
  EXPECT_EQ(files(), 2u);
  EXPECT_TRUE(verify_backup(*made));
}

TEST_F(BackupCreate, ListShowsWhatWasMade) {
  EXPECT_EQ(list_backups(state_)->size(), 0u);
  ASSERT_TRUE(create(kOtherRun));
  ASSERT_TRUE(create(kRun));
  const auto listed = list_backups(state_);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].run, kRun);
  EXPECT_EQ((*listed)[0].location, "sqlite:" + location_.path);
  EXPECT_EQ((*listed)[1].run, kOtherRun);
  EXPECT_TRUE(verify_backup((*listed)[1]));
}

TEST_F(BackupCreate, AgainForTheSameRunIsTheFirstOne) {
  ASSERT_TRUE(create());
  endpoint_.content = "changed by the run meanwhile";
  EXPECT_EQ(create()->bytes, 18u);
  EXPECT_EQ(endpoint_.backups, 1);
}

TEST_F(BackupCreate, FailedCopyLeavesNothing) {
  endpoint_.broken = true;
  EXPECT_EQ(create().error().kind, ErrorKind::kTransient);
  EXPECT_EQ(files(), 0u);
}

TEST_F(BackupCreate, ChangedArchiveIsCorrupt) {
  const auto made = create();
  ASSERT_TRUE(write_file_atomically(made->file, "the whole databasE"));
  EXPECT_EQ(verify_backup(*made).error().kind, ErrorKind::kCorrupt);
  fs::remove(made->file);
  EXPECT_EQ(verify_backup(*made).error().kind, ErrorKind::kNotFound);
}

TEST_F(BackupCreate, NothingThereYetIsNotFound) {
  fs::remove(location_.path);
  EXPECT_EQ(create().error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(endpoint_.backups, 0);
}

TEST_F(BackupCreate, ServerIsUnsupported) {
  location_ = *parse_location("postgres://u@h/d");
  EXPECT_EQ(create().error().kind, ErrorKind::kUnsupported);
}

TEST_F(BackupCreate, TooLittleSpaceIsRefusedWithBothNumbers) {
  fs::resize_file(location_.path, std::uintmax_t{1} << 43);  // sparse: 8 TiB
  const auto refused = create();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_NE(refused.error().message.find("it takes 8796093022208 bytes"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(endpoint_.backups, 0);
}

TEST_F(BackupCreate, RemoveTakesThisRunAlone) {
  ASSERT_TRUE(create(kRun));
  ASSERT_TRUE(create(kOtherRun));
  EXPECT_TRUE(*remove_backup(state_, kRun));
  EXPECT_FALSE(*remove_backup(state_, kRun));
  EXPECT_EQ(list_backups(state_)->size(), 1u);
  EXPECT_EQ(files(), 2u);
}

}  // namespace
}  // namespace sluice
