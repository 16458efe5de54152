"""The sentences of mail servers, in tables; ``mailer.bounce.phrases`` holds their order and searches them."""
