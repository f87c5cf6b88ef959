"""The robot's book: for each thing that customers ask about, how to get it, when it comes, and so on."""

from dataclasses import dataclass
from typing import Final

TOPICS: Final = {
    "coupon": "优惠券",
    "redpacket": "红包",
    "checkin": "签到",
    "points": "积分",
    "exchange": "积分兑换",
    "lottery": "抽奖",
    "invite": "邀请返现",
    "flash": "限时抢购",
    "prize": "实物奖品",
    "transfer": "转账",
    "payment": "缴费",
    "refund": "退款",
    "balance": "账户余额",
    "card": "银行卡绑定",
    "login": "登录密码",
    "face": "人脸识别",
    "sms": "短信验证码",
    "device": "更换手机",
    "wealth": "理财产品",
    "loan": "贷款利率券",
    "team": "组队活动",
}
ASPECTS: Final = {
    "how": (("怎么办理", "如何参加"), "请打开活动专区,按页面提示一步一步办理。"),
    "when": (("什么时候到账", "多久可以到账"), "完成后一般几分钟内到账,最迟三个工作日。"),
    "where": (("在哪里查看", "去哪儿看"), "请在“我的”页面查看。"),
    "who": (("哪些人可以参加", "参加的条件"), "符合活动规则的实名客户都可以参加。"),
    "limit": (("有没有次数和金额的限制", "次数和金额限制是多少"), "有,以活动规则页当天公布的为准。"),
    "fee": (("要不要手续费", "手续费是多少"), "活动期间免收手续费。"),
    "failed": (("失败了怎么处理", "没有成功怎么办"), "没有完成的不会扣款,请稍后再试一次。"),
    "expired": (("过期了还能用吗", "已经过期"), "过期后不能再使用,也不会补发。"),
    "cancel": (("如何取消", "怎么取消"), "没有使用之前可以在详情页取消。"),
    "safe": (("会不会泄露个人信息", "个人信息安全吗"), "不会,信息全程加密,只用于本次业务。"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A solution: the questions that it answers, and the answer."""

    id: str
    questions: tuple[str, ...]
    answer: str


BOOK: Final = tuple(
    Entry(f"{topic}.{aspect}", tuple(f"{name}{asked}" for asked in questions), f"关于{name}:{answer}")
    for topic, name in TOPICS.items()
    for aspect, (questions, answer) in ASPECTS.items()
)
