"""The switches of teams."""

from mock_bank.services.kit.switches import Switch

TEAM_WITHOUT_LIMIT = Switch("team_without_limit", "a team takes more members than it may have")
TEAM_SCORES_TWICE = Switch("team_scores_twice", "a team's score counts each payment twice")
TEAM_RANK_STALE = Switch("team_rank_stale", "the list of teams is ten seconds old, and says that it is not")
TEAM_RUNNER_UP_WINS = Switch("team_runner_up_wins", "the second best team wins what is the best one's")
