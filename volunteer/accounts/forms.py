"""Forms about oneself."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from ..web.forms import Form
from .rules import clean_name, normal_phone

SHORTEST_PASSWORD = 8


def new_password_field(label: str) -> PasswordField:
    """A field for a password somebody chooses: 8 to 200 characters."""
    sentence = _l("Choose a password of at least %(n)d characters.", n=SHORTEST_PASSWORD)
    return PasswordField(label, validators=[Length(SHORTEST_PASSWORD, 200, sentence)])


def mobile_number(form: Form, field: Field) -> None:
    """Validator: says so at once when it is no mobile number, instead of counting a failed try."""
    if normal_phone(field.data or "") is None:
        raise ValidationError(_l("A mobile number has 11 digits."))


class LogInForm(Form):
    phone = StringField(_l("Phone"), [mobile_number])
    password = PasswordField(_l("Password"), default="")


class NameForm(Form):
    """What somebody is called."""

    name = StringField(_l("Name"), [DataRequired(_l("Please tell us your name."))])

    def validate_name(self, field: Field) -> None:
        if clean_name(field.data or "") is None:
            raise ValidationError(_l("A name has 1 to 40 characters, without special signs."))


class NewcomerForm(NameForm):
    """Who somebody is, and that it may be kept."""

    phone = StringField(_l("Phone"), [mobile_number])
    consent = BooleanField(
        _l("I agree that the team keeps my name, phone number and service records."),
        [InputRequired(_l("Without this we cannot keep your sign-ups and hours."))],
    )


class JoinForm(NewcomerForm):
    """One form joins and logs in."""

    password = new_password_field(_l("Password"))


class NewPasswordForm(Form):
    """Comes with a personal link."""

    password = new_password_field(_l("Choose a password"))


class ChangePasswordForm(Form):
    current = PasswordField(_l("Current password"), default="")
    password = new_password_field(_l("New password"))
