// Stores over stores: limits, dry run, faults; and what becomes of a put whose answer was missed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "store/dry_run_store.h"
#include "store/faulty_store.h"
#include "store/limited_store.h"
#include "store/memory_store.h"
#include "store/settle_put.h"

namespace sluice {
namespace {

RetryPolicy no_waits() {
  RetryPolicy policy;
  policy.wait = [](int) {};
  return policy;
}

// Remembers how many reads were under way at once.
class CountingStore : public MemoryStore {
 public:
  Result<std::string> read_range(const std::string& key, const ReadRange& range) override {
    const int now = ++under_way_;
    most = std::max(most.load(), now);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --under_way_;
    return MemoryStore::read_range(key, range);
  }
  std::atomic<int> most{0};

 private:
  std::atomic<int> under_way_{0};
};

int most_at_once(StoreLimits limits) {
  const auto inner = std::make_shared<CountingStore>();
  LimitedStore store(inner, limits);
  static_cast<void>(store.put("a", std::string(100, 'x')));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { static_cast<void>(store.read_range("a", {0, 100, ""})); });
    }
  }
  return inner->most;
}

TEST(LimitedStore, BoundsRequestsAndBytes) {
  EXPECT_LE(most_at_once({.requests_max = 2}), 2);
  EXPECT_LE(most_at_once({.requests_max = 8, .bytes_max = 300}), 3);
  EXPECT_EQ(most_at_once({.requests_max = 8, .bytes_max = 99}), 1);  // larger than all: alone
}

TEST(DryRunStore, WritesNothingAndSaysWhatItWould) {
  const auto inner = std::make_shared<MemoryStore>();
  ASSERT_TRUE(inner->put("there", "x"));
  DryRunStore store(inner);
  EXPECT_TRUE(store.put("a", "123"));
  EXPECT_EQ(store.put_if("b", "1", {})->outcome, PutOutcome::kWritten);
  EXPECT_EQ(store.put_if("there", "1", {})->outcome, PutOutcome::kLost);
  EXPECT_TRUE(store.remove("there"));
  {
    auto writer = store.open_writer("c");
    ASSERT_TRUE((*writer)->write("12345"));
    EXPECT_EQ((*writer)->commit()->size, 5U);
    auto left = store.open_writer("d");
    ASSERT_TRUE((*left)->write("12345"));
  }
  using What = WouldBe::What;
  EXPECT_EQ(store.would_be(), (std::vector<WouldBe>{{What::kWrite, "a", 3},
                                                    {What::kWrite, "b", 1},
                                                    {What::kDelete, "there", 0},
                                                    {What::kWrite, "c", 5}}));
  EXPECT_EQ(list_all(*inner, {})->objects.size(), 1U);
}

TEST(FaultyStore, FailsBeforeOrBehindAWrite) {
  const auto inner = std::make_shared<MemoryStore>();
  FaultyStore fails(inner, StoreFault::kFails, 1);
  EXPECT_EQ(fails.put("a", "x").error().kind, ErrorKind::kTransient);
  EXPECT_FALSE(inner->head("a"));
  FaultyStore loses(inner, StoreFault::kLostAnswer, 1);
  EXPECT_EQ(loses.put("a", "x").error().kind, ErrorKind::kTransient);
  EXPECT_TRUE(inner->head("a"));
  EXPECT_EQ(loses.put_if("b", "x", {})->outcome, PutOutcome::kUnknown);
  EXPECT_TRUE(inner->head("b"));
  EXPECT_EQ(loses.faults(), 2);
}

TEST(SettlePut, FindsItsOwnBytesBehindAMissedAnswer) {
  const auto inner = std::make_shared<MemoryStore>();
  FaultyStore store(inner, StoreFault::kLostAnswer, 4);  // put_if is call 4, then 8
  for (int i = 0; i < 3; ++i) static_cast<void>(store.head("x"));
  const auto ours = settle_put(store, "log/1", "ours", {}, no_waits());
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->outcome, PutOutcome::kWritten);
  EXPECT_EQ(ours->etag, inner->head("log/1")->etag);
  const auto theirs = settle_put(store, "log/1", "theirs", {}, no_waits());
  ASSERT_TRUE(theirs);
  EXPECT_EQ(theirs->outcome, PutOutcome::kLost);
}

TEST(SettlePut, StaysUnknownWhereTheStoreNeverAnswers) {
  const auto inner = std::make_shared<MemoryStore>();
  FaultyStore store(inner, StoreFault::kLostAnswer, 1);
  const auto put = settle_put(store, "log/1", "ours", {}, no_waits());
  ASSERT_TRUE(put);
  EXPECT_EQ(put->outcome, PutOutcome::kUnknown);
  EXPECT_TRUE(put->cause);
  EXPECT_EQ(*inner->read("log/1"), "ours");
}

// Ours lands and its answer is missed; before it is asked for, another writer goes on from ours.
class OvertakenStore : public MemoryStore {
 public:
  Result<ConditionalPut> put_if(const std::string& key, std::string_view bytes,
                                const PutCondition& condition) override {
    TRY_ASSIGN(ConditionalPut done, MemoryStore::put_if(key, bytes, condition));
    if (done.outcome != PutOutcome::kWritten) return done;
    TRY(put(key, "a later one's"));
    return ConditionalPut{PutOutcome::kUnknown, "", {}};
  }
};

TEST(SettlePut, IsUnknownWhereAnotherWroteOverAPointerSince) {
  OvertakenStore store;
  const auto etag = store.put("pointer", "first");
  ASSERT_TRUE(etag);
  const auto put = settle_put(store, "pointer", "ours", {*etag}, no_waits());
  ASSERT_TRUE(put);
  EXPECT_EQ(put->outcome, PutOutcome::kUnknown);
  EXPECT_EQ(put->cause->kind, ErrorKind::kConflict);
}

TEST(SettlePut, ARefusalWithNothingMissedIsAnError) {
  const auto inner = std::make_shared<MemoryStore>();
  FaultyStore store(inner, StoreFault::kFails, 1);
  const auto put = settle_put(store, "log/1", "ours", {}, no_waits());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().kind, ErrorKind::kTransient);
}

}  // namespace
}  // namespace sluice
