#include "flood/confirmations.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "fleet/order.h"
#include "fleet/testing.h"
#include "flood/test_herd.h"
#include "wire/at.h"

namespace herd::flood {
namespace {

using fleet::testing::NumbersOfOneStripe;
using fleet::testing::OwnedAt;
using std::chrono::seconds;
using testing::Herd;
using testing::kFive;

constexpr fleet::ClientHash kKiwi{1};
constexpr fleet::ClientHash kMoa{2};

// Whom the tests below ask, without links.
class ConfirmationsTest : public ::testing::Test {
 protected:
  void Await(fleet::ClientHash client) {
    confirmations_.Await({client}, now_, [this] { ++done_; });
  }
  void Confirm(const std::string& neighbour) {
    confirmations_.Confirm(confirmations_.round(), neighbour, now_);
  }

  int wakes_ = 0;
  int done_ = 0;
  Instant now_;
  Confirmations confirmations_{2, seconds(5), [this] { ++wakes_; }};
};

TEST_F(ConfirmationsTest, TakeSoManyNeighboursEachCountedOnce) {
  EXPECT_EQ(confirmations_.round(), 0U);
  Await(kKiwi);
  EXPECT_EQ(wakes_, 1);
  Confirm("Hands");
  Confirm("Hands");
  EXPECT_EQ(done_, 0);
  Confirm("Welsh");
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(confirmations_.round(), 0U);
}

TEST_F(ConfirmationsTest, GatherWhatIsAskedMeanwhileForTheNextRound) {
  Await(kKiwi);
  const std::uint64_t first = confirmations_.round();
  Await(kMoa);
  Await(kKiwi);
  EXPECT_EQ(confirmations_.clients(), std::vector{kKiwi});
  Confirm("Hands");
  Confirm("Welsh");
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(wakes_, 2);
  EXPECT_EQ(confirmations_.clients(), (std::vector{kMoa, kKiwi}));
  // A late word about the first says nothing of the second.
  confirmations_.Confirm(first, "Wilkes", now_);
  confirmations_.Confirm(first, "Holiday", now_);
  EXPECT_EQ(done_, 1);
  Confirm("Hands");
  Confirm("Welsh");
  EXPECT_EQ(done_, 3);
}

TEST_F(ConfirmationsTest, ForgetWhatNobodyConfirmsInTime) {
  Await(kKiwi);
  now_ += seconds(1);
  Await(kMoa);
  now_ += seconds(4);
  Await(kMoa);
  EXPECT_EQ(confirmations_.clients().size(), 2U);
  Confirm("Hands");
  Confirm("Welsh");
  EXPECT_EQ(done_, 2);
}

// Three servers, all linked, so that of each the others both must confirm.
const std::vector<Herd::Pair> kThree{{0, 1}, {0, 2}, {1, 2}};

constexpr std::size_t kClients = 6;

// A report at one of them.
struct Step {
  std::size_t server;
  std::size_t client;
  int time;
  std::vector<std::size_t> moves;
  bool restarts = false;
};

rc::Gen<Step> AnyStep() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::server, rc::gen::inRange<std::size_t>(0, 3)),
      rc::gen::set(&Step::client, rc::gen::inRange<std::size_t>(0, kClients)),
      rc::gen::set(&Step::time, rc::gen::inRange(0, 40)),
      rc::gen::set(&Step::moves, rc::gen::oneOf(rc::gen::just(std::vector<std::size_t>()),
                                                rc::gen::container<std::vector<std::size_t>>(
                                                    rc::gen::inRange<std::size_t>(0, 10'000)))),
      rc::gen::set(&Step::restarts,
                   rc::gen::map(rc::gen::inRange(0, 10), [](int n) { return n == 0; })));
}

OwnedAt ReportOf(const Step& step) {
  // They share a stripe, so that a link that may send little stops between them.
  static const std::vector<int> kNumbers = NumbersOfOneStripe("c", kClients, Herd::kKey);
  return {Herd::NameOf(step.server), "c" + std::to_string(kNumbers[step.client]), "+1+1",
          std::to_string(step.time), wire::UnixNanos{std::int64_t{step.time} * 1'000'000'000}};
}

bool Has(const fleet::Fleet& fleet, const wire::At& report) {
  bool has = false;
  fleet.Find(report.client,
             [&](const fleet::Row& row) { has = std::is_gteq(row.Compare(report)); });
  return has;
}

bool AllHave(Herd& herd, const wire::At& report) {
  return Has(herd.at(0), report) && Has(herd.at(1), report) && Has(herd.at(2), report);
}

// Whatever is cut, whoever else reports on the client meanwhile, and however little a link takes at
// a time: what is confirmed is there.
RC_GTEST_PROP(ConfirmationsOfHerds, SayTheTruth, ()) {
  const auto flood_bytes = *rc::gen::element<std::size_t>(1, 100, 1000);
  Herd herd(3, kThree, {.flood_bytes = flood_bytes, .confirming = 2});
  herd.Heal();
  int restarts = 0;
  const auto steps = *rc::gen::container<std::vector<Step>>(AnyStep());
  for (const Step& step : steps) {
    const auto report = std::make_shared<OwnedAt>(ReportOf(step));
    herd.at(step.server).Apply(report->at(), fleet::kFromClient);
    const auto client = fleet::HashClient(herd.at(step.server).key(), report->at().client);
    // Some ask only after links have flooded it, as other threads may.
    const auto ask = [&] {
      herd.Await(step.server, client, [&herd, &restarts, before = restarts, report] {
        // Who has confirmed may since have lost it.
        RC_ASSERT(restarts > before || AllHave(herd, report->at()));
      });
    };
    if (step.time % 2 == 0) ask();
    for (const std::size_t move : step.moves) herd.Step(move);
    if (step.time % 2 == 1) ask();
    if (!step.restarts) continue;
    herd.Restart(step.server);
    ++restarts;
  }
  herd.Heal();
}

// The row that won came from a neighbour, and the other one has only heard that there is one.
TEST(ConfirmationsOfHerds, AreNotGivenForAnnouncements) {
  Herd herd(3, kThree, {.confirming = 2});
  herd.Heal();
  herd.Silence(2);
  const OwnedAt report = ReportOf({.server = 1, .client = 0, .time = 7});
  herd.at(1).Apply(report.at(), fleet::kFromClient);
  while (!Has(herd.at(0), report.at())) herd.Talk();
  bool done = false;
  herd.Await(0, fleet::HashClient(Herd::kKey, report.at().client), [&] {
    done = true;
    EXPECT_TRUE(AllHave(herd, report.at()));
  });
  while (!done) herd.Talk();
}

TEST(ConfirmationsOfHerds, ComeToWhoAsks) {
  Herd herd(5, kFive, {.confirming = 2});
  herd.Heal();
  int done = 0;
  for (int time = 1; time <= 20; ++time) {
    const Step step{.server = static_cast<std::size_t>(time) % 3, .client = 1, .time = time};
    const OwnedAt report = ReportOf(step);
    herd.at(step.server).Apply(report.at(), fleet::kFromClient);
    herd.Await(step.server, fleet::HashClient(herd.at(step.server).key(), report.at().client),
               [&] { ++done; });
    herd.LetTalk();
    EXPECT_EQ(done, time);
  }
}

}  // namespace
}  // namespace herd::flood
