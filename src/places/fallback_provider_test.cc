#include "places/fallback_provider.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace herd::places {
namespace {

// Answers with a fixed status, or, where there is none, at its end.
class FixedProvider final : public Provider {
 public:
  FixedProvider(std::optional<Status> status, int& asked) : status_(status), asked_(asked) {}
  ~FixedProvider() override {
    for (Done& done : waiting_) done(EmptyAnswer(Status::kUnknownError));
  }

  void Nearby(const Query&, Done done) override {
    ++asked_;
    if (status_) {
      done(EmptyAnswer(*status_));
    } else {
      waiting_.push_back(std::move(done));
    }
  }

 private:
  std::optional<Status> status_;
  int& asked_;
  std::vector<Done> waiting_;
};

class FallbackProviderTest : public testing::Test {
 protected:
  void Make(std::optional<Status> first, std::optional<Status> second) {
    provider_ =
        std::make_unique<FallbackProvider>(std::make_unique<FixedProvider>(first, first_asked_),
                                           std::make_unique<FixedProvider>(second, second_asked_));
  }
  void Ask() {
    provider_->Nearby({{1, 2}, {500}, 5},
                      [this](const Answer& answer) { got_.push_back(answer.status); });
  }

  int first_asked_ = 0;
  int second_asked_ = 0;
  std::vector<Status> got_;
  std::unique_ptr<FallbackProvider> provider_;
};

TEST_F(FallbackProviderTest, DoesNotAskTheSecondWhenTheFirstAnswers) {
  for (const Status status : {Status::kOk, Status::kZeroResults}) {
    Make(status, Status::kOk);
    Ask();
    EXPECT_EQ(got_.back(), status);
  }
  EXPECT_EQ(second_asked_, 0);
}

TEST_F(FallbackProviderTest, GivesTheSecondsAnswerWhereTheFirstFails) {
  for (const Status status : {Status::kOverQueryLimit, Status::kRequestDenied,
                              Status::kInvalidRequest, Status::kUnknownError}) {
    Make(status, Status::kOk);
    Ask();
    EXPECT_EQ(got_.back(), Status::kOk);
  }
  Make(Status::kRequestDenied, Status::kUnknownError);
  Ask();
  EXPECT_EQ(got_.back(), Status::kUnknownError);
}

TEST_F(FallbackProviderTest, ItsEndAnswersAllWhoWait) {
  Make(std::nullopt, Status::kOk);
  Ask();
  provider_.reset();
  EXPECT_EQ(got_, std::vector{Status::kOk});

  Make(Status::kUnknownError, std::nullopt);
  Ask();
  Make(std::nullopt, std::nullopt);
  Ask();
  provider_.reset();
  EXPECT_EQ(got_.size(), 3U);
}

}  // namespace
}  // namespace herd::places
