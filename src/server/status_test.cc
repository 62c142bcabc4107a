#include "server/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "server/status_json.h"
#include "server/test_status.h"

namespace herd::server {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(WhyNotReady, WaitsForTheFirstLink) {
  Status status = FullStatus();
  EXPECT_EQ(WhyNotReady(status), std::nullopt);
  // Lost again: it still knows what it knew.
  status.links[0].state = LinkStatus::State::kDown;
  EXPECT_EQ(WhyNotReady(status), std::nullopt);
  status.links[0].times_up = 0;
  EXPECT_THAT(WhyNotReady(status).value(), HasSubstr("no link"));
  status.links.clear();
  EXPECT_EQ(WhyNotReady(status), std::nullopt);
}

TEST(WhyNotReady, WaitsForTheJournalAndTellsOfTheEnd) {
  Status status = FullStatus();
  status.journal->told.state = journal::Status::State::kLoading;
  EXPECT_THAT(WhyNotReady(status).value(), HasSubstr("loaded"));
  status.ending = true;
  EXPECT_THAT(WhyNotReady(status).value(), HasSubstr("ending"));
}

TEST(WhyNotReady, NamesAJournalThatFailsWhereReportsAreRefusedForIt) {
  Status status = FullStatus();
  status.journal = FailingJournal();
  EXPECT_THAT(WhyNotReady(status).value(), HasSubstr("No space left on device"));
  // They are acknowledged from memory.
  status.durability->refuses = false;
  EXPECT_EQ(WhyNotReady(status), std::nullopt);
  status.durability.reset();
  EXPECT_EQ(WhyNotReady(status), std::nullopt);
}

TEST(WhyNotHealthy, NamesTheLoopThatHangs) {
  Status status = FullStatus();
  EXPECT_EQ(WhyNotHealthy(status), std::nullopt);
  status.loops[1].silent_for = 6s;
  EXPECT_EQ(WhyNotHealthy(status), "loop 1 has not answered for 6 s");
}

TEST(StatusJson, SaysWhatIsThereAndNoMore) {
  Status status = FullStatus();
  const std::string json = StatusJson(status);
  EXPECT_THAT(json, HasSubstr(R"("digest":"0123456789abcdef")"));
  EXPECT_THAT(json, HasSubstr(R"("commands":{"iamat":50,"whatsat":6,"invalid":2})"));
  EXPECT_THAT(json, HasSubstr(R"("round_trip_ms":0.25)"));
  EXPECT_THAT(json, HasSubstr(R"("why":"refused \\ \u0001")"));
  EXPECT_THAT(json, HasSubstr(R"("catch_up_in":4,"catch_up_out":0,"rows_caught_up":3)"));
  EXPECT_THAT(json,
              HasSubstr(R"("journal":{"state":"ok","failures":0,"load_s":0.5,)"
                        R"("rows_loaded":30,"rows_expired":2,"rows_bad":1,"rows_held_back":0,)"
                        R"("damaged":false,"damages":0,)"
                        R"("rows_written":70,"bytes_written":7000,"syncs":6,)"
                        R"("sync_last_s":0.002,"sync_max_s":0.25,"lag_rows":8,"waiters":1})"));
  EXPECT_THAT(json, HasSubstr(R"("acknowledgements":{"durable":60,"refused":3,"in_memory":0})"));
  EXPECT_THAT(json, HasSubstr(R"("clock":{"state":"believed","ahead_s":0})"));
  status.clock = {.state = journal::ClockGuard::State::kJumped, .ahead = std::chrono::hours(1)};
  status.journal->told.damages = 1;
  status.journal->told.set_aside = "journals/Hands.damaged-1";
  status.journal->told.held_back = 7;
  EXPECT_THAT(StatusJson(status), HasSubstr(R"("clock":{"state":"jumped","ahead_s":3600})"));
  EXPECT_THAT(StatusJson(status), HasSubstr(R"("rows_held_back":7,"damaged":true,"damages":1,)"
                                            R"("set_aside":"journals/Hands.damaged-1",)"));
  status.journal = FailingJournal();
  EXPECT_THAT(StatusJson(status),
              HasSubstr(R"("journal":{"state":"failing","failing_s":120,)"
                        R"("last_error":"No space left on device","failures":2,)"));
  status.journal.reset();
  status.durability.reset();
  status.links.pop_back();
  status.links[0].lag_rows.reset();
  EXPECT_THAT(StatusJson(status), Not(HasSubstr("journal")));
  EXPECT_THAT(StatusJson(status), Not(HasSubstr("acknowledgements")));
  EXPECT_THAT(StatusJson(status), Not(HasSubstr("lag_rows")));
}

TEST(LoopDelay, RemembersTheLongestOfTheLastMinute) {
  LoopDelay delay;
  const flood::Instant start{1000s};
  EXPECT_EQ(delay.MaxOfLastMinute(start), 0ms);
  delay.Record(start, start + 30ms);
  delay.Record(start + 1s, start + 1s + 2ms);
  EXPECT_EQ(delay.last(), 2ms);
  EXPECT_EQ(delay.MaxOfLastMinute(start + 1s), 30ms);
  for (int second = 2; second <= 50; ++second)
    delay.Record(start + 1s * second, start + 1s * second);
  EXPECT_EQ(delay.MaxOfLastMinute(start + 50s), 30ms);
  for (int second = 51; second <= 70; ++second)
    delay.Record(start + 1s * second, start + 1s * second);
  EXPECT_EQ(delay.MaxOfLastMinute(start + 70s), 0ms);
  EXPECT_EQ(delay.counts().count(), 71U);
}

TEST(LoopDelay, CountsTheDelayThatGoesOn) {
  LoopDelay delay;
  const flood::Instant start{1000s};
  delay.Record(start, start);
  EXPECT_EQ(delay.SilentFor(start + 3s), 3s);
  EXPECT_EQ(delay.MaxOfLastMinute(start + 3s), 3s - LoopDelay::kInterval);
}

TEST(DurationHistogram, PutsABoundIntoItsOwnClass) {
  DurationHistogram histogram;
  histogram.Record(kDurationBounds[3]);
  histogram.Record(kDurationBounds[3] + 1ms);
  histogram.Record(kDurationBounds.back() + 1s);
  histogram.Record(-1ms);
  const DurationCounts counts = histogram.counts();
  EXPECT_EQ(counts.counts[0], 1U);
  EXPECT_EQ(counts.counts[3], 1U);
  EXPECT_EQ(counts.counts.back(), 1U);
  EXPECT_EQ(counts.count(), 4U);
}

}  // namespace
}  // namespace herd::server
