"""What customers ask the robot about, each in several ways of their own; the robot's book has other words."""

from typing import Final

_THINGS: Final = {
    "coupon": ("优惠券", "券"),
    "redpacket": ("红包", "现金红包"),
    "checkin": ("签到", "每日签到"),
    "points": ("积分", "我的积分"),
    "exchange": ("积分兑换", "用积分兑换的东西"),
    "lottery": ("抽奖", "抽奖活动"),
    "invite": ("邀请返现", "邀请好友返现"),
    "flash": ("限时抢购", "整点抢购"),
    "prize": ("实物奖品", "奖品"),
    "transfer": ("转账", "手机转账"),
    "payment": ("缴费", "生活缴费"),
    "refund": ("退款", "退回来的款"),
    "balance": ("账户余额", "余额"),
    "card": ("银行卡绑定", "绑定银行卡"),
    "login": ("登录密码", "密码"),
    "face": ("人脸识别", "刷脸"),
    "sms": ("短信验证码", "验证码短信"),
    "device": ("更换手机", "换了手机"),
    "wealth": ("理财产品", "理财"),
    "loan": ("贷款利率券", "贷款券"),
    "team": ("组队活动", "组队"),
}
_QUESTIONS: Final = {
    "how": ("请问{}怎么办理呀", "我想问一下{}要怎么办"),
    "when": ("{}到底什么时候能到账", "你好,{}多久到账"),
    "where": ("{}在哪里可以查看", "我在哪里能查看{}"),
    "who": ("{}哪些人能参加", "我能参加{}吗,哪些人可以"),
    "limit": ("{}有没有次数限制", "{}的金额限制是多少"),
    "fee": ("{}要收手续费吗", "办{}手续费多少"),
    "failed": ("{}失败了怎么处理啊", "刚才{}失败,怎么办"),
    "expired": ("{}过期了还能不能用", "我的{}过期了"),
    "cancel": ("{}怎么取消", "想取消{},如何操作"),
    "safe": ("{}会不会泄露我的信息", "办{}个人信息会泄露吗"),
}
TOPICS: Final = tuple(f"{thing}.{question}" for thing in _THINGS for question in _QUESTIONS)
"""Names of all that is asked about, as the robot names what it answers."""


def phrase(topic: str, drawn: float) -> str:
    """One way to ask about it; `drawn` in (0, 1) chooses: the plain word for the thing three times in four."""
    thing, question = topic.split(".")
    words, forms = _THINGS[thing], _QUESTIONS[question]
    place = int(drawn * 8)
    return forms[place % 2].format(words[place // 6])
