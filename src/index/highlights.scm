; What a stretch of Python is, for colouring. A smaller node wins over a larger one, a later pattern over an earlier.
; @name and @callee are decided by their text.

(identifier) @name
(attribute attribute: (identifier) @attribute)
(call function: (identifier) @callee)
(call function: (attribute attribute: (identifier) @function))
(type (identifier) @name)
(type (attribute attribute: (identifier) @class))

(keyword_argument name: (identifier) @parameter)
(parameters (identifier) @own_parameter)
(default_parameter name: (identifier) @own_parameter)
(typed_parameter (identifier) @own_parameter)
(typed_default_parameter name: (identifier) @own_parameter)
(lambda_parameters (identifier) @own_parameter)
(parameters (list_splat_pattern (identifier) @parameter))
(parameters (dictionary_splat_pattern (identifier) @parameter))
(typed_parameter (list_splat_pattern (identifier) @parameter))
(typed_parameter (dictionary_splat_pattern (identifier) @parameter))

(function_definition name: (identifier) @function)
(class_definition name: (identifier) @class)

(decorator "@" @decorator)
(decorator (identifier) @decorator)
(decorator (attribute) @decorator)
(decorator (attribute attribute: (identifier) @decorator))
(decorator (call function: (identifier) @decorator))
(decorator (call function: (attribute) @decorator))
(decorator (call function: (attribute attribute: (identifier) @decorator)))

[(none) (true) (false) (ellipsis)] @constant
[(integer) (float)] @number
(comment) @comment
(string) @string
(interpolation) @plain
(escape_sequence) @escape

[
  "and" "as" "assert" "async" "await" "break" "case" "class" "continue" "def" "del" "elif" "else" "except" "finally"
  "for" "from" "global" "if" "import" "in" "is" "lambda" "match" "nonlocal" "not" "or" "pass" "raise" "return" "try"
  "type" "while" "with" "yield"
] @keyword
(comparison_operator ["is not" "not in"] @keyword)

[
  "-" "-=" "!=" "*" "**" "**=" "*=" "/" "//" "//=" "/=" "&" "&=" "%" "%=" "^" "^=" "+" "->" "+=" "<" "<<" "<<=" "<="
  "=" ":=" "==" ">" ">=" ">>" ">>=" "|" "|=" "~" "@="
] @operator
