// What every store promises (store/store.h), on each of them, faults included.
#include <fmt/format.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "contract/store_fixture.h"
#include "store/read_parallel.h"
#include "store/settle_put.h"

namespace sluice {
namespace {

const std::vector<std::string> kOddKeys = {"with blank.txt",
                                           "plus+plus",
                                           "per%cent%20",
                                           "üñî/çødé",
                                           "a=b&c=d",
                                           "quote'\"<>",
                                           "semi;colon,comma",
                                           "dollar$/at@/hash#",
                                           "question?mark",
                                           "star*~(brackets)",
                                           "date=2024-01-01 00%3A00/part.parquet"};

// settle_put tries a put again only with waits that a test can afford.
RetryPolicy quick() {
  RetryPolicy policy;
  policy.wait_base_ms = 1;
  return policy;
}

std::vector<std::string> keys_of(const ListPage& page) {
  std::vector<std::string> keys;
  for (const ObjectInfo& object : page.objects) keys.push_back(object.key);
  return keys;
}

std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

TEST_P(StoreContract, WhatWasPutIsRead) {
  for (int i = 0; i < 4; ++i) {
    const std::string key = fmt::format("a/{}", i);
    ASSERT_TRUE(store_->put(key, fmt::format("bytes {}", i)));
    EXPECT_EQ(read(key), fmt::format("bytes {}", i));
  }
  ASSERT_TRUE(store_->put("a/0", std::string("\0new", 4)));
  EXPECT_EQ(read("a/0"), std::string("\0new", 4));
  ASSERT_TRUE(store_->put("empty", ""));
  EXPECT_EQ(read("empty"), "");
}

TEST_P(StoreContract, HeadTellsSizeTimeAndAnEtagThatChangesWithTheObject) {
  const std::int64_t now = now_unix_ms();
  const auto etag = store_->put("a", "one");
  ASSERT_TRUE(etag);
  const auto info = store_->head("a");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->key, "a");
  EXPECT_EQ(info->size, 3U);
  EXPECT_EQ(info->etag, *etag);
  EXPECT_NEAR(static_cast<double>(info->modified_ms), static_cast<double>(now), 120'000.0);
  ASSERT_TRUE(store_->put("a", "two"));
  EXPECT_NE(store_->head("a")->etag, *etag);
}

TEST_P(StoreContract, AKeyThatIsNotThereIsNotFoundAndNamed) {
  for (const auto& error : {store_->head("no/such").error(), store_->read("no/such").error(),
                            store_->read_range("no/such", {0, 1, ""}).error()}) {
    EXPECT_EQ(error.kind, ErrorKind::kNotFound) << error.message;
    EXPECT_NE(error.message.find("no/such"), std::string::npos) << error.message;
    EXPECT_EQ(error.object, store_->address("no/such"));
  }
}

TEST_P(StoreContract, RangesAreExact) {
  ASSERT_TRUE(store_->put("a", "0123456789"));
  const auto range = [&](std::uint64_t offset, std::uint64_t length) {
    const auto bytes = store_->read_range("a", {offset, length, ""});
    return bytes ? *bytes : "error: " + std::string(to_string(bytes.error().kind));
  };
  EXPECT_EQ(range(0, 10), "0123456789");
  EXPECT_EQ(range(3, 4), "3456");
  EXPECT_EQ(range(9, 1), "9");
  EXPECT_EQ(range(10, 0), "");
  EXPECT_EQ(range(9, 2), "error: invalid");
  EXPECT_EQ(range(10, 1), "error: invalid");
  EXPECT_EQ(range(99, 1), "error: invalid");
}

TEST_P(StoreContract, ARangeOfAnotherVersionIsAConflict) {
  const auto etag = store_->put("a", "one");
  ASSERT_TRUE(etag);
  EXPECT_EQ(*store_->read_range("a", {0, 3, *etag}), "one");
  ASSERT_TRUE(store_->put("a", "two"));
  const auto stale = store_->read_range("a", {0, 3, *etag});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().kind, ErrorKind::kConflict) << stale.error().message;
}

TEST_P(StoreContract, OddKeysAreKeptToTheByte) {
  for (const std::string& key : kOddKeys) {
    const auto put = store_->put(key, key);
    ASSERT_TRUE(put) << key << ": " << put.error().message;
    EXPECT_EQ(read(key), key);
  }
  const auto all = list_all(*store_, {});
  ASSERT_TRUE(all) << all.error().message;
  const std::vector<std::string> keys = keys_of(*all);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()),
            std::set<std::string>(kOddKeys.begin(), kOddKeys.end()));
}

TEST_P(StoreContract, KeysThatAreNoneAreRefused) {
  for (const std::string& key : {std::string(), std::string("/a"), std::string("a/"),
                                 std::string("a//b"), std::string("a/../b"), std::string("./a"),
                                 std::string("a\0b", 3), std::string(1025, 'x')}) {
    const auto put = store_->put(key, "x");
    ASSERT_FALSE(put) << key;
    EXPECT_EQ(put.error().kind, ErrorKind::kInvalid) << put.error().message;
    EXPECT_FALSE(store_->put_if(key, "x", {}));
    EXPECT_FALSE(store_->open_writer(key));
  }
  ASSERT_TRUE(store_->put("a", "x"));  // of a store that faults wait for
  for (int i = 0; i < kFaultEvery; ++i) EXPECT_EQ(read("a"), "x");
}

TEST_P(StoreContract, AListHasPrefixesPagesAndFolders) {
  for (const char* key : {"log/1", "log/2", "log/3", "log/sub/4", "log-old/5", "other/6"}) {
    ASSERT_TRUE(store_->put(key, key));
  }
  const auto logs = list_all(*store_, {.prefix = "log/"});
  ASSERT_TRUE(logs) << logs.error().message;
  EXPECT_EQ(keys_of(*logs), (std::vector<std::string>{"log/1", "log/2", "log/3", "log/sub/4"}));
  EXPECT_EQ(logs->objects[0].size, 5U);
  EXPECT_EQ(logs->objects[0], *store_->head("log/1"));

  const auto text = list_all(*store_, {.prefix = "log"});
  EXPECT_EQ(keys_of(*text),
            (std::vector<std::string>{"log-old/5", "log/1", "log/2", "log/3", "log/sub/4"}));
  const auto shallow = list_all(*store_, {.prefix = "log/", .shallow = true});
  EXPECT_EQ(keys_of(*shallow), (std::vector<std::string>{"log/1", "log/2", "log/3"}));
  EXPECT_EQ(shallow->folders, std::vector<std::string>{"log/sub/"});

  const auto later = list_all(*store_, {.prefix = "log/", .start_after = "log/1"});
  EXPECT_EQ(keys_of(*later), (std::vector<std::string>{"log/2", "log/3", "log/sub/4"}));
  const auto nothing = list_all(*store_, {.prefix = "nothing/"});
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_TRUE(nothing->objects.empty());
}

TEST_P(StoreContract, PagesGiveEachKeyOnce) {
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    const std::string key = fmt::format("page/{:03}", i);
    expected.insert(key);
    ASSERT_TRUE(store_->put(key, ""));
  }
  std::vector<std::string> keys;
  ListRequest request{.prefix = "page/", .keys_max = 4};
  int pages = 0;
  do {
    const auto page = store_->list(request);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_LE(page->objects.size(), 4U);
    for (const std::string& key : keys_of(*page)) keys.push_back(key);
    request.continuation = page->continuation;
    ++pages;
  } while (!request.continuation.empty());
  EXPECT_EQ(pages, 7);
  EXPECT_EQ(keys.size(), 25U);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()), expected);
}

TEST_P(StoreContract, RemovingIsDoneOnceOrTwice) {
  ASSERT_TRUE(store_->put("a/b", "x"));
  EXPECT_TRUE(store_->remove("a/b"));
  EXPECT_TRUE(store_->remove("a/b"));
  EXPECT_TRUE(store_->remove("never/there"));
  EXPECT_EQ(store_->head("a/b").error().kind, ErrorKind::kNotFound);
}

TEST_P(StoreContract, APutOfANewKeyIsWrittenOnce) {
  const auto first = settle_put(*store_, "log/1", "ours", {}, quick());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->outcome, PutOutcome::kWritten);
  EXPECT_EQ(first->etag, store_->head("log/1")->etag);
  const auto second = settle_put(*store_, "log/1", "theirs", {}, quick());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->outcome, PutOutcome::kLost);
  EXPECT_EQ(read("log/1"), "ours");
}

TEST_P(StoreContract, APutOverAnEtagIsWrittenWhileItIsThere) {
  const auto etag = store_->put("pointer", "one");
  ASSERT_TRUE(etag);
  const auto first = settle_put(*store_, "pointer", "two", {*etag}, quick());
  ASSERT_TRUE(first) << first.error().message;
  if (!GetParam().has_faults()) {
    EXPECT_EQ(first->outcome, PutOutcome::kWritten);
  }
  const auto stale = settle_put(*store_, "pointer", "three", {*etag}, quick());
  ASSERT_TRUE(stale) << stale.error().message;
  EXPECT_NE(stale->outcome, PutOutcome::kWritten);
  EXPECT_EQ(read("pointer"), "two");
  const auto missing = settle_put(*store_, "missing", "x", {*etag}, quick());
  ASSERT_TRUE(missing);
  EXPECT_NE(missing->outcome, PutOutcome::kWritten);
}

TEST_P(StoreContract, OfSixteenWritersOfANewKeyOneWins) {
  std::atomic<int> written{0};
  std::atomic<int> lost{0};
  std::string winner;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&, i] {
        const std::string bytes = fmt::format("writer {}", i);
        const auto put = settle_put(*store_, "race/1", bytes, {}, quick());
        if (put && put->outcome == PutOutcome::kWritten && ++written == 1) winner = bytes;
        if (put && put->outcome == PutOutcome::kLost) ++lost;
      });
    }
  }
  EXPECT_EQ(written, 1);
  EXPECT_EQ(lost, 15);
  EXPECT_EQ(read("race/1"), winner);
}

TEST_P(StoreContract, AWriterShowsItsObjectWhenItIsCommitted) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, (std::size_t{11} << 20U) + 7}) {
    const std::string bytes = some_bytes(size);
    const std::string key = fmt::format("written/{}", size);
    auto writer = store_->open_writer(key);
    ASSERT_TRUE(writer) << writer.error().message;
    for (std::size_t at = 0; at < size; at += 700'001) {
      const auto wrote = (*writer)->write(std::string_view(bytes).substr(at, 700'001));
      ASSERT_TRUE(wrote) << wrote.error().message;
    }
    EXPECT_EQ(store_->head(key).error().kind, ErrorKind::kNotFound);
    const auto info = (*writer)->commit();
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->size, size);
    EXPECT_EQ(info->etag, store_->head(key)->etag);
    EXPECT_TRUE(store_->read(key) == bytes) << "of " << size << " bytes";
    const auto parallel = read_parallel(*store_, key, {.range_bytes = 1 << 20});
    ASSERT_TRUE(parallel) << parallel.error().message;
    EXPECT_TRUE(*parallel == bytes) << "of " << size << " bytes, by ranges";
  }
}

TEST_P(StoreContract, AWriterThatIsLeftLeavesNothing) {
  {
    auto writer = store_->open_writer("left/a");
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->write(some_bytes(std::size_t{11} << 20U)));
  }
  const auto all = list_all(*store_, {});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_TRUE(all->objects.empty());
}

std::vector<StoreCase> cases() {
  const char* plain = "SLUICE_TEST_S3";
  return {{"local", "", {}},
          {"memory", "", {}},
          {"s3", plain, {}},
          {"s3_server_error", plain, HttpFault::kServerError},
          {"s3_slow_down", plain, HttpFault::kSlowDown},
          {"s3_reset", plain, HttpFault::kReset},
          {"s3_lost_answer", plain, HttpFault::kLostAnswer},
          {"s3_slow", plain, HttpFault::kSlow},
          {"s3_wire_cuts_answers", "SLUICE_TEST_S3_CUT", {}},
          {"s3_wire_resets", "SLUICE_TEST_S3_LOST", {}},
          {"s3_wire_closes_silently", "SLUICE_TEST_S3_SILENT", {}}};
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace sluice
